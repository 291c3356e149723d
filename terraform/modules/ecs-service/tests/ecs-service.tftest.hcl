mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
}

variables {
  name               = "codesync-test"
  role               = "websocket"
  environment        = "test"
  cluster            = { name = "codesync-test", arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/codesync-test" }
  image              = "registry/codesync-websocket:1.2.3"
  cpu                = 512
  memory             = 1024
  subnet_ids         = ["subnet-a", "subnet-b"]
  security_group_ids = ["sg-tasks"]
  target_group_arn   = "arn:target"
  execution_role_arn = "arn:aws:iam::123456789012:role/start"
  task_role_arn      = "arn:aws:iam::123456789012:role/serve"
  settings           = { CODESYNC_PUBLIC_URL = "https://code.example.org" }
  secrets            = { CODESYNC_JWT_SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:jwt" }
  tasks              = { min = 2, max = 10 }
  sockets_per_task   = 1000
  log_groups         = { server = "/ecs/codesync-test-websocket", metrics = "/ecs/codesync-test-metrics" }
  metric_namespace   = "CodeSync"
}

run "a_server_can_change_nothing_of_itself" {
  assert {
    condition     = alltrue([for it in jsondecode(aws_ecs_task_definition.this.container_definitions) : it.readonlyRootFilesystem])
    error_message = "A container can change its own files."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].user == "10001:10001" && jsondecode(aws_ecs_task_definition.this.container_definitions)[0].linuxParameters.capabilities.drop == ["ALL"]
    error_message = "The server is root, or may do what root may."
  }
  assert {
    condition     = !one(aws_ecs_service.this.network_configuration).assign_public_ip && !aws_ecs_service.this.enable_execute_command
    error_message = "A task can be reached or entered."
  }
}

run "secrets_come_by_arn_and_nothing_else_is_secret" {
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].secrets == [{ name = "CODESYNC_JWT_SECRET", valueFrom = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:jwt" }]
    error_message = "A secret is not injected by its ARN."
  }
  assert {
    condition     = !anytrue([for it in jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment : can(regex("SECRET|PASSWORD|REDIS_URL", it.name))])
    error_message = "A secret is in plain text."
  }
}

run "the_server_is_told_its_role_and_asked_how_it_is" {
  assert {
    condition = alltrue([for name, value in { CODESYNC_ROLE = "websocket", CODESYNC_WEBSOCKET_PORT = "3001", CODESYNC_ADMIN_PORT = "3002", CODESYNC_ADMIN_HOST = "127.0.0.1" } :
    contains(jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment, { name = name, value = value })])
    error_message = "The server serves something else, or shows its numbers to others."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].healthCheck.command == ["CMD", "/usr/local/bin/codesync-server", "healthcheck"]
    error_message = "Nobody asks the server how it is."
  }
  assert {
    condition     = one(aws_ecs_service.this.load_balancer).container_port == 3001
    error_message = "The balancer asks at another port."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].stopTimeout > 30
    error_message = "The server is killed before it is done."
  }
}

run "a_release_that_does_not_start_is_taken_back" {
  assert {
    condition     = aws_ecs_service.this.deployment_circuit_breaker[0].enable && aws_ecs_service.this.deployment_circuit_breaker[0].rollback
    error_message = "A bad release stays."
  }
  assert {
    condition     = aws_ecs_service.this.deployment_minimum_healthy_percent == 100
    error_message = "Tasks go before others have come."
  }
}

run "there_are_as_many_tasks_as_are_needed" {
  assert {
    condition     = aws_appautoscaling_target.this.min_capacity == 2 && aws_appautoscaling_target.this.max_capacity == 10
    error_message = "The bounds are others."
  }
  assert {
    condition     = toset([for it in aws_appautoscaling_policy.usage : it.target_tracking_scaling_policy_configuration[0].predefined_metric_specification[0].predefined_metric_type]) == toset(["ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization"])
    error_message = "Processor or memory is not looked at."
  }
  assert {
    condition     = aws_appautoscaling_policy.sockets[0].target_tracking_scaling_policy_configuration[0].customized_metric_specification[0].metric_name == "codesync_sockets" && contains(output.metrics, "codesync_sockets")
    error_message = "Sockets are not counted."
  }
}

run "the_collector_asks_where_the_server_answers" {
  assert {
    condition     = jsondecode(jsondecode(aws_ecs_task_definition.this.container_definitions)[1].environment[0].value).receivers.prometheus.config.scrape_configs[0].static_configs[0].targets == ["127.0.0.1:3002"]
    error_message = "The collector asks elsewhere."
  }
  assert {
    condition     = jsondecode(jsondecode(aws_ecs_task_definition.this.container_definitions)[1].environment[0].value).exporters.awsemf.metric_declarations[0].dimensions == [["Environment", "Service"]]
    error_message = "Numbers are told apart otherwise than alarms expect."
  }
  assert {
    condition     = !jsondecode(aws_ecs_task_definition.this.container_definitions)[1].essential
    error_message = "A collector that ends takes the server with it."
  }
}

run "the_api_is_the_same_but_for_sockets" {
  variables {
    role             = "api"
    image            = "registry/codesync-api:1.2.3"
    sockets_per_task = null
  }
  assert {
    condition     = length(aws_appautoscaling_policy.sockets) == 0 && one(aws_ecs_service.this.load_balancer).container_port == 3000
    error_message = "The API counts sockets or listens elsewhere."
  }
  assert {
    condition     = contains(jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment, { name = "CODESYNC_PORT", value = "3000" })
    error_message = "The API is not told its port."
  }
}

run "a_secret_in_plain_text_is_refused" {
  command = plan
  variables {
    settings = { CODESYNC_JWT_SECRET = "hunter2" }
  }
  expect_failures = [var.settings]
}

run "a_secret_that_is_no_arn_is_refused" {
  command = plan
  variables {
    secrets = { CODESYNC_JWT_SECRET = "hunter2" }
  }
  expect_failures = [var.secrets]
}

run "a_tag_that_moves_is_refused" {
  command = plan
  variables {
    image = "registry/codesync-websocket:latest"
  }
  expect_failures = [var.image]
}

run "a_size_that_fargate_does_not_have_is_refused" {
  command = plan
  variables {
    cpu    = 1024
    memory = 1024
  }
  expect_failures = [var.memory]
}

run "a_single_task_is_refused" {
  command = plan
  variables {
    tasks = { min = 1, max = 10 }
  }
  expect_failures = [var.tasks]
}

run "another_role_is_refused" {
  command = plan
  variables {
    role             = "all"
    sockets_per_task = null
  }
  expect_failures = [var.role]
}
