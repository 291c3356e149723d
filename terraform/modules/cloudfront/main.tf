# The one address of all: the page from its bucket, /api and /socket from the balancer.

data "aws_cloudfront_cache_policy" "page" {
  name = "Managed-CachingOptimized"
}

data "aws_cloudfront_cache_policy" "none" {
  name = "Managed-CachingDisabled"
}

# The server answers to the names it knows: the header Host goes through as it came.
data "aws_cloudfront_origin_request_policy" "everything" {
  name = "Managed-AllViewer"
}

locals {
  page    = "page"
  servers = "servers"
  # Each request of these goes to a server, whatever was answered before.
  uncached = ["/api/*", "/socket", "/socket/*"]
}

resource "aws_cloudfront_distribution" "this" {
  #checkov:skip=CKV_AWS_68:The firewall is a choice (firewall), which the examples of staging and prod make
  #checkov:skip=CKV2_AWS_47:The firewall knows the bad inputs, Log4j's among them, where it is chosen
  #checkov:skip=CKV_AWS_86:Logged by log delivery (logs.tf), which the check does not know
  #checkov:skip=CKV_AWS_310:There is one balancer; it stands in several zones
  #checkov:skip=CKV_AWS_374:People come from everywhere
  #checkov:skip=CKV_AWS_174:With a name of one's own TLS 1.2 is the least; the name of CloudFront's has no choice
  #checkov:skip=CKV2_AWS_42:Without a name of one's own there is no certificate of one's own
  enabled             = true
  comment             = var.name
  aliases             = var.domain_name == null ? [] : [var.domain_name]
  default_root_object = "index.html"
  http_version        = "http2and3"
  is_ipv6_enabled     = true
  price_class         = var.price_class
  web_acl_id          = var.firewall ? aws_wafv2_web_acl.this[0].arn : null

  origin {
    origin_id                = local.page
    domain_name              = var.page_bucket.domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.page.id
  }

  origin {
    origin_id   = local.servers
    domain_name = var.balancer_domain_name

    custom_header {
      name  = "X-Origin-Verify"
      value = var.origin_secret
    }
    custom_origin_config {
      http_port                = 80
      https_port               = 443
      origin_protocol_policy   = var.balancer_encrypted ? "https-only" : "http-only"
      origin_ssl_protocols     = ["TLSv1.2"]
      origin_read_timeout      = 60 # the server gives a request 30 seconds
      origin_keepalive_timeout = 60
    }
  }

  default_cache_behavior {
    target_origin_id           = local.page
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.page.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.page.id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.view.arn
    }
  }

  # The server sets the headers of its answers by itself.
  dynamic "ordered_cache_behavior" {
    for_each = local.uncached
    content {
      #checkov:skip=CKV2_AWS_32:The server sets the headers of its answers by itself
      path_pattern             = ordered_cache_behavior.value
      target_origin_id         = local.servers
      viewer_protocol_policy   = "https-only"
      allowed_methods          = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
      cached_methods           = ["GET", "HEAD"]
      compress                 = true
      cache_policy_id          = data.aws_cloudfront_cache_policy.none.id
      origin_request_policy_id = data.aws_cloudfront_origin_request_policy.everything.id
    }
  }

  # For all paths, /api among them: so only for what no server of ours ever answers. What is no file is
  # made the page by view.js instead, or a document that is not found would be a page to a program.
  dynamic "custom_error_response" {
    for_each = [502, 504]
    content {
      error_code            = custom_error_response.value
      response_code         = custom_error_response.value
      response_page_path    = "/${aws_s3_object.unavailable.key}"
      error_caching_min_ttl = 5
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.certificate_arn == null
    acm_certificate_arn            = var.certificate_arn
    ssl_support_method             = var.certificate_arn == null ? null : "sni-only"
    minimum_protocol_version       = var.certificate_arn == null ? "TLSv1" : "TLSv1.2_2021"
  }
}

resource "aws_cloudfront_origin_access_control" "page" {
  name                              = "${var.name}-page"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_function" "view" {
  name    = "${var.name}-view"
  comment = "What is no file is the page"
  runtime = "cloudfront-js-2.0"
  code    = file("${path.module}/view.js")
}

resource "aws_s3_object" "unavailable" {
  #checkov:skip=CKV_AWS_186:It is public
  bucket        = var.page_bucket.name
  key           = "errors/unavailable.html"
  content       = file("${path.module}/unavailable.html")
  content_type  = "text/html; charset=utf-8"
  cache_control = "no-cache"
}

# As the server itself says them with the page that is put into it (http/guard.rs).
resource "aws_cloudfront_response_headers_policy" "page" {
  #checkov:skip=CKV_AWS_259:Two years; what stands below the name is not ours to decide about
  name = "${var.name}-page"

  security_headers_config {
    content_security_policy {
      override                = true
      content_security_policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; worker-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    }
    content_type_options {
      override = true
    }
    frame_options {
      override     = true
      frame_option = "DENY"
    }
    referrer_policy {
      override        = true
      referrer_policy = "no-referrer"
    }
    strict_transport_security {
      override                   = true
      access_control_max_age_sec = 63072000
    }
  }

  custom_headers_config {
    items {
      header   = "Cross-Origin-Opener-Policy"
      value    = "same-origin"
      override = true
    }
    items {
      header   = "Cross-Origin-Resource-Policy"
      value    = "same-origin"
      override = true
    }
  }
}
