# The balancer: /api to the one role, /socket to the other. CloudFront is in front of it, and shows a
# header that nobody else knows.

locals {
  services = {
    api       = { port = 3000, health = "/api/health", paths = ["/api/*"], priority = 10, sticky = false }
    websocket = { port = 3001, health = "/socket/health", paths = ["/socket", "/socket/*"], priority = 20, sticky = true }
  }
  encrypted = var.certificate_arn != null
}

resource "aws_lb" "this" {
  #checkov:skip=CKV2_AWS_20:With a certificate HTTP is redirected; without one CloudFront, which is always HTTPS, comes by HTTP
  #checkov:skip=CKV2_AWS_28:The firewall stands at CloudFront, past which nobody comes
  #checkov:skip=CKV_AWS_150:On wherever deletion_protection is, which prod insists on
  name               = var.name
  load_balancer_type = "application"
  internal           = false
  subnets            = var.subnet_ids
  security_groups    = var.security_group_ids

  # A socket says something every 20 seconds, and its server hangs up on a silent one after 60.
  idle_timeout               = 120
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "defensive"
  xff_header_processing_mode = "append"
  enable_deletion_protection = var.deletion_protection

  access_logs {
    bucket  = var.log_bucket
    prefix  = "balancer"
    enabled = true
  }
}

resource "aws_lb_target_group" "this" {
  #checkov:skip=CKV_AWS_378:Within the private subnets; TLS ends at the balancer
  for_each = local.services

  name        = "${var.name}-${each.key}"
  vpc_id      = var.vpc_id
  target_type = "ip"
  protocol    = "HTTP"
  port        = each.value.port

  # ECS sends SIGTERM when this time is over. A request is answered within it, and sockets move to the
  # other servers then: longer would only make a deployment slower.
  deregistration_delay          = 30
  load_balancing_algorithm_type = each.value.sticky ? "round_robin" : "least_outstanding_requests"

  health_check {
    path                = each.value.health
    matcher             = "200"
    interval            = 30
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }

  # A browser that lost its socket finds the server that still has its document open.
  stickiness {
    type            = "lb_cookie"
    enabled         = each.value.sticky
    cookie_duration = 86400
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener" "http" {
  #checkov:skip=CKV_AWS_2:With a certificate it redirects to HTTPS; without one it serves CloudFront alone
  #checkov:skip=CKV_AWS_103:Not a TLS listener
  load_balancer_arn = aws_lb.this.arn
  protocol          = "HTTP"
  port              = 80

  default_action {
    type = local.encrypted ? "redirect" : "fixed-response"

    dynamic "redirect" {
      for_each = local.encrypted ? [1] : []
      content {
        protocol    = "HTTPS"
        port        = "443"
        status_code = "HTTP_301"
      }
    }
    dynamic "fixed_response" {
      for_each = local.encrypted ? [] : [1]
      content {
        content_type = "text/plain"
        message_body = "Not here."
        status_code  = "403"
      }
    }
  }
}

resource "aws_lb_listener" "https" {
  count = local.encrypted ? 1 : 0

  load_balancer_arn = aws_lb.this.arn
  protocol          = "HTTPS"
  port              = 443
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      message_body = "Not here."
      status_code  = "403"
    }
  }
}

resource "aws_lb_listener_rule" "this" {
  for_each = local.services

  listener_arn = local.encrypted ? aws_lb_listener.https[0].arn : aws_lb_listener.http.arn
  priority     = each.value.priority

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.key].arn
  }
  condition {
    path_pattern {
      values = each.value.paths
    }
  }
  condition {
    http_header {
      http_header_name = "X-Origin-Verify"
      values           = [var.origin_secret]
    }
  }
}
