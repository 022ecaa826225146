from django.contrib import admin
from django.urls import path

from shop import views

urlpatterns = [
    path("", views.product_list, name="product-list"),
    path("orders/<str:token>/", views.order_status, name="order-status"),
    path("webhooks/payments/", views.payment_webhook, name="payment-webhook"),
    path("health", views.health, name="health"),
    path("admin/", admin.site.urls),
]
