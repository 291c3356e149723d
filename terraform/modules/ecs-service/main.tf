# One role of the server: its task, the service that keeps tasks running, and how many there are.

data "aws_region" "current" {}

locals {
  name   = "${var.name}-${var.role}"
  region = data.aws_region.current.region
  port   = { api = 3000, websocket = 3001 }[var.role]
  admin  = 3002

  # The server refuses variables that it does not know, so that these are exactly its own.
  settings = merge({
    CODESYNC_ROLE       = var.role
    CODESYNC_HOST       = "0.0.0.0"
    CODESYNC_ADMIN_HOST = "127.0.0.1" # the collector shares the task's address
    CODESYNC_ADMIN_PORT = tostring(local.admin)
    CODESYNC_DATA       = "/var/lib/codesync"
    CODESYNC_LOG_FORMAT = "json"
    CODESYNC_S3_REGION  = local.region
    },
    { api = { CODESYNC_PORT = tostring(local.port) }, websocket = { CODESYNC_WEBSOCKET_PORT = tostring(local.port) } }[var.role],
    var.settings,
  )
}

resource "aws_ecs_task_definition" "this" {
  family                   = local.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = tostring(var.cpu)
  memory                   = tostring(var.memory)
  execution_role_arn       = var.execution_role_arn
  task_role_arn            = var.task_role_arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  volume {
    name = "data"
  }

  container_definitions = jsonencode([
    {
      name                   = "server"
      image                  = var.image
      essential              = true
      readonlyRootFilesystem = true
      user                   = "10001:10001"
      linuxParameters        = { capabilities = { drop = ["ALL"] } }
      ulimits                = [{ name = "nofile", softLimit = 65535, hardLimit = 65535 }]
      portMappings           = [{ containerPort = local.port, protocol = "tcp" }]
      mountPoints            = [{ sourceVolume = "data", containerPath = "/var/lib/codesync", readOnly = false }]
      environment            = [for name, value in local.settings : { name = name, value = value }]
      secrets                = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
      # Longer than CODESYNC_DRAIN_SECONDS, so that nobody is cut off.
      stopTimeout = 60
      healthCheck = {
        command     = ["CMD", "/usr/local/bin/codesync-server", "healthcheck"]
        interval    = 10
        timeout     = 5
        retries     = 3
        startPeriod = 20
      }
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-region        = local.region
          awslogs-group         = var.log_groups.server
          awslogs-stream-prefix = var.role
          # A task does not wait for CloudWatch, whatever becomes of the log meanwhile.
          mode            = "non-blocking"
          max-buffer-size = "8m"
        }
      }
    },
    {
      name                   = "collector"
      image                  = var.collector_image
      essential              = false
      readonlyRootFilesystem = true
      memoryReservation      = 64
      environment            = [{ name = "AOT_CONFIG_CONTENT", value = jsonencode(local.collector) }]
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-region        = local.region
          awslogs-group         = var.log_groups.server
          awslogs-stream-prefix = "collector"
        }
      }
    },
  ])
}

resource "aws_ecs_service" "this" {
  name             = local.name
  cluster          = var.cluster.arn
  task_definition  = aws_ecs_task_definition.this.arn
  launch_type      = "FARGATE"
  platform_version = "LATEST"
  desired_count    = var.tasks.min

  # A new task answers before an old one goes, and a release that does not start is taken back.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 60
  availability_zone_rebalancing      = "ENABLED"
  enable_execute_command             = false
  propagate_tags                     = "SERVICE"

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = var.security_group_ids
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = var.target_group_arn
    container_name   = "server"
    container_port   = local.port
  }

  lifecycle {
    ignore_changes = [desired_count]
  }
}
