mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

variables {
  name        = "codesync-test"
  environment = "test"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1"
  log_days    = 30
  emails      = ["oncall@example.org", "second@example.org"]
  subscribers = { pager = { protocol = "https", endpoint = "https://pager.example/hook" } }
  balancer    = { balancer = "app/b/1", targets = { api = "targetgroup/api/1", websocket = "targetgroup/websocket/1" } }
  cluster     = "codesync-test"
  services    = { api = "codesync-test-api", websocket = "codesync-test-websocket" }
  database    = { identifier = "codesync-test", connections_max = 100, storage_gib = 20 }
  cache_nodes = ["codesync-test-001", "codesync-test-002"]
}

run "what_can_go_wrong_has_an_alarm" {
  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) >= 11
    error_message = "There are ${length(aws_cloudwatch_metric_alarm.this)} alarms."
  }
  assert {
    condition = length(setsubtract([
      "balancer-5xx", "latency", "unhealthy-api", "unhealthy-websocket", "cpu-api", "cpu-websocket", "memory-api", "memory-websocket",
      "database-cpu", "database-storage", "database-connections", "redis-cpu-codesync-test-001", "redis-memory-codesync-test-002",
      "acknowledgement", "hash-mismatch", "append-failures-api", "append-failures-websocket", "document-unreadable-websocket", "snapshot-failures-api", "numbers-missing",
    ], keys(aws_cloudwatch_metric_alarm.this))) == 0
    error_message = "An alarm is missing."
  }
  assert {
    condition     = alltrue([for it in aws_cloudwatch_metric_alarm.this : it.alarm_actions == toset([aws_sns_topic.alarms.arn])])
    error_message = "An alarm tells nobody."
  }
  assert {
    condition     = alltrue([for it in aws_cloudwatch_metric_alarm.this : (it.statistic == null) != (it.extended_statistic == null)])
    error_message = "An alarm has two statistics, or none."
  }
}

run "bounds_follow_what_they_are_about" {
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["database-connections"].threshold == 80 && aws_cloudwatch_metric_alarm.this["database-storage"].comparison_operator == "LessThanThreshold"
    error_message = "A bound of the database is another."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["numbers-missing"].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.this["append-failures-api"].treat_missing_data == "notBreaching"
    error_message = "Numbers that do not come are taken for the wrong thing."
  }
  assert {
    condition     = jsonencode(aws_cloudwatch_metric_alarm.this["acknowledgement"].dimensions) == jsonencode({ Environment = "test", Service = "websocket" })
    error_message = "The alarm looks for numbers that nobody tells."
  }
  assert {
    condition = (aws_cloudwatch_metric_alarm.this["hash-mismatch"].metric_name == "codesync_hash_mismatches_total"
      && aws_cloudwatch_metric_alarm.this["hash-mismatch"].threshold == 0
      && aws_cloudwatch_metric_alarm.this["hash-mismatch"].comparison_operator == "GreaterThanThreshold"
    && jsonencode(aws_cloudwatch_metric_alarm.this["hash-mismatch"].dimensions) == jsonencode({ Environment = "test", Service = "websocket" }))
    error_message = "A single text that differs wakes nobody."
  }
}

run "people_and_programs_are_told" {
  assert {
    condition     = toset([for it in aws_sns_topic_subscription.email : it.endpoint]) == toset(var.emails) && aws_sns_topic_subscription.other["pager"].protocol == "https"
    error_message = "Somebody is not told."
  }
  assert {
    condition     = aws_sns_topic.alarms.kms_master_key_id == var.kms_key_arn && jsondecode(aws_sns_topic_policy.alarms.policy).Statement[0].Principal.Service == "cloudwatch.amazonaws.com"
    error_message = "The topic is not encrypted, or others may write to it."
  }
}

run "logs_are_encrypted_and_end" {
  assert {
    condition     = alltrue([for it in aws_cloudwatch_log_group.this : it.retention_in_days == 30 && it.kms_key_id == var.kms_key_arn])
    error_message = "A log is kept for ever, or in the clear."
  }
  assert {
    condition     = alltrue([for purpose in ["api", "websocket", "migrate", "metrics"] : startswith(output.log_group_names[purpose], "/ecs/codesync-test-")])
    error_message = "A log group has another name."
  }
}

run "the_dashboard_shows_ten_numbers_and_more" {
  assert {
    condition     = length(distinct(flatten([for it in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [for row in it.properties.metrics : "${row[0]} ${row[1]}"]]))) >= 10
    error_message = "The dashboard shows too little."
  }
}

run "an_address_that_is_none_is_refused" {
  command = plan
  variables {
    emails = ["oncall"]
  }
  expect_failures = [var.emails]
}

run "an_unknown_way_to_tell_is_refused" {
  command = plan
  variables {
    subscribers = { pigeon = { protocol = "pigeon", endpoint = "loft" } }
  }
  expect_failures = [var.subscribers]
}
