"""What the shop and the payment provider say to each other."""

import hashlib
import hmac

from django.conf import settings


def authorization():
    """The header that goes with every request to Stripe."""
    return {"Authorization": f"Bearer {settings.STRIPE_SECRET_KEY}"}


def is_authentic(body, signature):
    """Whether a webhook was signed with the secret that only the provider knows."""
    expected = hmac.new(settings.PAYMENT_WEBHOOK_SECRET, body, hashlib.sha256)
    return hmac.compare_digest(expected.hexdigest(), signature)
