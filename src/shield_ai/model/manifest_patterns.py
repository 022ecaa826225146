"""Patterns for the values in shield.toml. Most are limits of AWS."""

from __future__ import annotations

import re

from shield_ai.model.manifest import SECRET_NAME

# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
MAX_NAME_LENGTH = 512
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
TAG_KEY = re.compile(r"[\w .:/=+\-@]{1,128}")
TAG_VALUE = re.compile(r"[\w .:/=+\-@]{0,256}")
# https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
TOPIC_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
EMAIL = re.compile(r"[A-Za-z0-9.!#%&*+/=?^_{|}~-]+@[A-Za-z0-9.-]+")
READER = re.compile(r"(role|user)/[A-Za-z0-9_+=,.@*/-]+")
# Without control characters, quotes, $ and backticks: the names of AWS resources in exported
# scripts and templates start with it.
APP_NAME = re.compile(r"(?!-)(?:[\w .+=,@/-]|:(?!//)){1,128}")
PREFIX = re.compile(r"[A-Za-z0-9/_+=.@-]{0,500}")
# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
# Reject misspelled regions, such as eu-centrl-1: they would otherwise cause a network error.
REGION = re.compile(
    r"[a-z]{2,4}(?:-[a-z]{2,6})?-(?:central|(?:north|south)?(?:east|west)|north|south)-[0-9]{1,2}"
)
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html: a name with an optional path
_ROLE_PATH = r"(?:[A-Za-z0-9_+=,.@-]{1,512}/)*[A-Za-z0-9_+=,.@-]{1,64}"
_ROLE_ARN = rf"arn:aws[a-z-]*:iam::[0-9]{{12}}:role/{_ROLE_PATH}"
ROLE = re.compile(rf"{_ROLE_PATH}|{_ROLE_ARN}")
ROLE_ARN = re.compile(_ROLE_ARN)
# https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html: an id, alias or ARN
KMS_KEY = re.compile(r"(?:[A-Za-z0-9/_-]|:(?!//)){1,2048}")
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Namespace
NAMESPACE = re.compile(r"(?!AWS/)[A-Za-z0-9._/#-](?:[A-Za-z0-9._/# -]|:(?!//)){0,254}")
# https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
SUBNET = re.compile(r"subnet-[0-9a-z]{1,64}")
SECURITY_GROUP = re.compile(r"sg-[0-9a-zA-Z]{1,64}")
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
CONTAINER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
# The name of a job, perhaps after the name of its workflow's file.
JOB = re.compile(r"(?:[A-Za-z0-9._-]{1,200}\.ya?ml:)?[A-Za-z_][A-Za-z0-9_ :/.-]{0,254}")
# A full name, or a full ARN, which ends with a hyphen and six characters. No wildcards, because the
# rotation function's policy grants read access to this name.
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
ADMIN = re.compile(
    rf"{SECRET_NAME.pattern}"
    rf"|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{{12}}:secret:{SECRET_NAME.pattern}"
    r"-[A-Za-z0-9]{6}"
)
# A field is part of a reference NAME:FIELD, and of the settings of a rotation function.
FIELD = re.compile(r"[\w.@/+-]{1,256}")
PROFILE = re.compile(r"[\w .@:/+=,-]{1,256}")
# Texts that the AWS CLI reads as a file or, in version 1, as a URL, and texts that CloudFormation
# reads as a reference to another secret.
# https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-file.html
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
SPECIAL_TEXT = re.compile(r"\s*(?:fileb?|https?)://|.*\{\{resolve:", re.IGNORECASE | re.DOTALL)
# The files of a rotation function; their paths are among its settings.
FUNCTION_FILE = re.compile(r"[\w .@+=,/-]{1,1024}")
RUNTIME_PATH = re.compile(r"(?:[^./][^/]*/)*[^\W\d]\w*\.py")  # not in a hidden folder
HOOK_FILE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.py")
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365,
    400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
