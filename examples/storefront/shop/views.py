import json

from django.core import signing
from django.db import DatabaseError
from django.http import HttpResponse, HttpResponseForbidden, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from . import payments
from .models import Order, Product


def product_list(request):
    return render(
        request,
        "shop/product_list.html",
        {"products": Product.objects.all()},
    )


def order_status(request, token):
    """A customer without an account follows the signed link of the email."""
    try:
        pk = signing.loads(token, salt="shop.order", max_age=60 * 60 * 24 * 90)
    except signing.BadSignature:
        return HttpResponseForbidden("This link is not valid.")
    order = get_object_or_404(Order, pk=pk)
    return JsonResponse({"order": order.pk, "status": order.status})


@csrf_exempt
@require_POST
def payment_webhook(request):
    signature = request.headers.get("X-Payment-Signature", "")
    if not payments.is_authentic(request.body, signature):
        return HttpResponseForbidden("The signature does not match.")
    event = json.loads(request.body)
    if event.get("type") == "paid":
        Order.objects.filter(pk=event["order"]).update(status=Order.Status.PAID)
    return HttpResponse(status=204)


@never_cache
def health(request):
    """For the load balancer: both databases answer, and signing works."""
    try:
        products = Product.objects.count()
        reported = Product.objects.using("reporting").count()
    except DatabaseError:
        return JsonResponse({"status": "database unavailable"}, status=503)
    signer = signing.Signer(salt="shop.health")
    signer.unsign(signer.sign("ping"))
    return JsonResponse(
        {
            "status": "ok",
            "products": products,
            "reporting": reported,
            "signing": "ok",
        }
    )
