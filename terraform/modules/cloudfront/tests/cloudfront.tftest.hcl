mock_provider "aws" {
  mock_resource "aws_cloudfront_distribution" {
    defaults = { domain_name = "d1.cloudfront.net" }
  }
}

variables {
  name                 = "codesync-test"
  balancer_domain_name = "balancer.example"
  balancer_encrypted   = true
  origin_secret        = "the-mark"
  page_bucket          = { name = "page", domain_name = "page.s3.example" }
  logs_bucket_arn      = "arn:aws:s3:::logs"
  firewall             = true
}

run "requests_go_to_the_servers_uncached" {
  assert {
    condition     = [for it in aws_cloudfront_distribution.this.ordered_cache_behavior : it.path_pattern] == ["/api/*", "/socket", "/socket/*"]
    error_message = "Other paths go to the servers."
  }
  assert {
    condition     = alltrue([for it in aws_cloudfront_distribution.this.ordered_cache_behavior : it.cache_policy_id == data.aws_cloudfront_cache_policy.none.id && data.aws_cloudfront_cache_policy.none.name == "Managed-CachingDisabled"])
    error_message = "An answer is kept."
  }
  assert {
    condition     = alltrue([for it in aws_cloudfront_distribution.this.ordered_cache_behavior : it.origin_request_policy_id == data.aws_cloudfront_origin_request_policy.everything.id && contains(it.allowed_methods, "PUT")])
    error_message = "The servers do not see the whole request."
  }
  assert {
    condition     = anytrue([for it in aws_cloudfront_distribution.this.origin : anytrue([for header in it.custom_header : header.name == "X-Origin-Verify"]) && one(it.custom_origin_config).origin_protocol_policy == "https-only" if length(it.custom_origin_config) == 1])
    error_message = "The balancer is not shown that CloudFront asks, or is asked without TLS."
  }
}

run "the_page_comes_from_its_bucket" {
  assert {
    condition     = aws_cloudfront_distribution.this.default_cache_behavior[0].compress && aws_cloudfront_distribution.this.default_cache_behavior[0].viewer_protocol_policy == "redirect-to-https"
    error_message = "The page is not compressed, or comes without TLS."
  }
  assert {
    condition     = anytrue([for it in aws_cloudfront_distribution.this.origin : it.origin_access_control_id == aws_cloudfront_origin_access_control.page.id]) && aws_cloudfront_origin_access_control.page.signing_behavior == "always"
    error_message = "The bucket would have to be public."
  }
  assert {
    condition     = one(aws_cloudfront_distribution.this.default_cache_behavior[0].function_association).function_arn == aws_cloudfront_function.view.arn
    error_message = "A document's address is no page."
  }
  assert {
    condition     = toset([for it in aws_cloudfront_distribution.this.custom_error_response : it.error_code]) == toset([502, 504])
    error_message = "An answer of the API would be replaced by a page."
  }
}

run "browsers_are_told_what_the_server_tells_them" {
  assert {
    condition     = startswith(aws_cloudfront_response_headers_policy.page.security_headers_config[0].content_security_policy[0].content_security_policy, "default-src 'none'")
    error_message = "The policy allows more than it says."
  }
  assert {
    condition     = aws_cloudfront_response_headers_policy.page.security_headers_config[0].frame_options[0].frame_option == "DENY" && aws_cloudfront_response_headers_policy.page.security_headers_config[0].strict_transport_security[0].access_control_max_age_sec == 63072000
    error_message = "The page may be framed, or asked for without TLS."
  }
}

run "the_firewall_lets_a_text_through" {
  assert {
    condition     = aws_cloudfront_distribution.this.web_acl_id == aws_wafv2_web_acl.this[0].arn && aws_wafv2_web_acl.this[0].region == "us-east-1"
    error_message = "The firewall is not in front."
  }
  assert {
    condition     = !anytrue(flatten([for rule in aws_wafv2_web_acl.this[0].rule : [for statement in rule.statement : [for it in statement.managed_rule_group_statement : it.name == "AWSManagedRulesCommonRuleSet"]]]))
    error_message = "Bodies over 8 KB are refused."
  }
}

run "without_a_name_of_its_own_it_has_cloudfronts" {
  assert {
    condition     = output.url == "https://d1.cloudfront.net" && aws_cloudfront_distribution.this.viewer_certificate[0].cloudfront_default_certificate
    error_message = "The address is ${output.url}."
  }
}

run "with_a_name_of_its_own_it_wants_tls_1_2" {
  variables {
    domain_name     = "code.example.org"
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    firewall        = false
  }
  assert {
    condition     = output.url == "https://code.example.org" && aws_cloudfront_distribution.this.aliases == toset(["code.example.org"])
    error_message = "The address is ${output.url}."
  }
  assert {
    condition     = aws_cloudfront_distribution.this.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021" && aws_cloudfront_distribution.this.web_acl_id == null
    error_message = "Old TLS is taken, or there is a firewall that nobody chose."
  }
}

run "a_name_without_a_certificate_is_refused" {
  command = plan
  variables {
    domain_name = "code.example.org"
  }
  expect_failures = [var.domain_name]
}

run "a_certificate_of_another_region_is_refused" {
  command = plan
  variables {
    domain_name     = "code.example.org"
    certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
  }
  expect_failures = [var.certificate_arn]
}
