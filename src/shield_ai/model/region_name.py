"""The names of AWS regions in text.

https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
"""

from __future__ import annotations

# A part of a regular expression. Includes the regions of all partitions, such as aws-cn.
REGION_NAME = (
    rb"(?P<region>(?:us-(?:gov|iso[bf]?)|eu-isoe|eusc-de|us|eu|ap|ca|cn|sa|me|af|il|mx)"
    rb"-(?:central|(?:north|south)?(?:east|west)|north|south)-[1-9])\b(?!-)"
)
