mock_provider "aws" {}

variables {
  name                = "codesync-test"
  vpc_id              = "vpc-1"
  subnet_ids          = ["subnet-a", "subnet-b"]
  security_group_ids  = ["sg-balancer"]
  origin_secret       = "the-mark"
  log_bucket          = "logs"
  deletion_protection = true
}

run "each_role_is_asked_where_it_answers" {
  assert {
    condition     = { for role, it in aws_lb_target_group.this : role => "${it.port} ${it.health_check[0].path} ${it.health_check[0].interval}" } == { api = "3000 /api/health 30", websocket = "3001 /socket/health 30" }
    error_message = "A health check asks elsewhere."
  }
  assert {
    condition = jsonencode({ for role, it in aws_lb_listener_rule.this : role => sort(flatten([for condition in it.condition : [for pattern in condition.path_pattern : pattern.values]])) }) == jsonencode({
    api = ["/api/*"], websocket = ["/socket", "/socket/*"] })
    error_message = "A path leads elsewhere."
  }
  assert {
    condition     = alltrue([for role, it in aws_lb_listener_rule.this : it.action[0].target_group_arn == aws_lb_target_group.this[role].arn])
    error_message = "A path leads to the other role."
  }
}

run "sockets_are_long_and_sticky" {
  assert {
    condition     = aws_lb_target_group.this["websocket"].stickiness[0].enabled && !aws_lb_target_group.this["api"].stickiness[0].enabled
    error_message = "Sockets stick to their server, and requests do not."
  }
  assert {
    condition     = aws_lb.this.idle_timeout > 60
    error_message = "A silent socket is cut before its server would hang up."
  }
  assert {
    condition     = alltrue([for it in aws_lb_target_group.this : tonumber(it.deregistration_delay) >= 30])
    error_message = "A request is cut off that its server would still answer."
  }
}

run "nobody_comes_past_cloudfront" {
  assert {
    condition     = alltrue([for it in aws_lb_listener_rule.this : anytrue([for condition in it.condition : anytrue([for header in condition.http_header : header.http_header_name == "X-Origin-Verify"])])])
    error_message = "A rule does not look at the header."
  }
  assert {
    condition     = aws_lb_listener.http.default_action[0].type == "fixed-response" && aws_lb_listener.http.default_action[0].fixed_response[0].status_code == "403"
    error_message = "What matches no rule is not refused."
  }
  assert {
    condition     = aws_lb.this.drop_invalid_header_fields && aws_lb.this.enable_deletion_protection && aws_lb.this.access_logs[0].enabled
    error_message = "The balancer is not closed, protected and logged."
  }
}

run "with_a_certificate_http_is_redirected" {
  variables {
    certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
  }
  assert {
    condition     = aws_lb_listener.http.default_action[0].redirect[0].protocol == "HTTPS" && length(aws_lb_listener.http.default_action[0].fixed_response) == 0
    error_message = "HTTP is not redirected."
  }
  assert {
    condition     = aws_lb_listener.https[0].certificate_arn == var.certificate_arn && strcontains(aws_lb_listener.https[0].ssl_policy, "TLS13")
    error_message = "HTTPS has no certificate or an old policy."
  }
  assert {
    condition     = alltrue([for it in aws_lb_listener_rule.this : it.listener_arn == aws_lb_listener.https[0].arn])
    error_message = "A rule stands at the other listener."
  }
}

run "one_zone_is_refused" {
  command = plan
  variables {
    subnet_ids = ["subnet-a"]
  }
  expect_failures = [var.subnet_ids]
}
