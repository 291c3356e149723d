# The one-off task of scripts/migrate.sh. First the schema moves forward, then the servers' own role
# gets its rights: it reads and writes rows, and changes neither the schema nor the audit log.

locals {
  owner_secret_arn = aws_db_instance.this.master_user_secret[0].secret_arn
  authorities      = var.certificate_authorities == null ? [] : [{ name = "PGSSLROOTCERT", value = trimspace(var.certificate_authorities) }]

  owner = [
    { name = "PGUSER", valueFrom = "${local.owner_secret_arn}:username::" },
    { name = "PGPASSWORD", valueFrom = "${local.owner_secret_arn}:password::" },
  ]
  log = {
    logDriver = "awslogs"
    options = {
      awslogs-region        = data.aws_region.current.region
      awslogs-group         = var.migration.log_group_name
      awslogs-stream-prefix = "migrate"
    }
  }
}

resource "aws_ecs_task_definition" "migration" {
  #checkov:skip=CKV_AWS_249:The task asks nothing of AWS, so that it has no role of its own
  family                   = "${var.name}-migrate"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = "256"
  memory                   = "512"
  execution_role_arn       = var.migration.execution_role_arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.migration.cpu_architecture
  }

  volume {
    name = "scratch"
  }

  container_definitions = jsonencode([
    {
      name                   = "migrate"
      image                  = var.migration.image
      command                = ["migrate"]
      essential              = false
      readonlyRootFilesystem = true
      environment = concat(local.authorities, [
        { name = "CODESYNC_DATABASE_URL", value = "postgres://${aws_db_instance.this.endpoint}/${local.database}?sslmode=${local.ssl_mode}" },
        { name = "CODESYNC_LOG_FORMAT", value = "json" },
      ])
      secrets          = local.owner
      logConfiguration = local.log
    },
    {
      name                   = "grant"
      image                  = "public.ecr.aws/docker/library/postgres:17-alpine"
      user                   = "postgres"
      entryPoint             = ["sh", "-euc"]
      command                = [file("${path.module}/grant.sh")]
      essential              = true
      dependsOn              = [{ containerName = "migrate", condition = "SUCCESS" }]
      readonlyRootFilesystem = true
      mountPoints            = [{ sourceVolume = "scratch", containerPath = "/tmp", readOnly = false }]
      environment = concat([for it in local.authorities : { name = "AUTHORITIES", value = it.value }], [
        { name = "PGHOST", value = aws_db_instance.this.address },
        { name = "PGPORT", value = tostring(aws_db_instance.this.port) },
        { name = "PGDATABASE", value = local.database },
        { name = "PGSSLMODE", value = local.ssl_mode },
      ])
      secrets = concat(local.owner, [
        { name = "SERVING_USER", valueFrom = "${var.migration.serving_secret_arn}:username::" },
        { name = "SERVING_PASSWORD", valueFrom = "${var.migration.serving_secret_arn}:password::" },
      ])
      logConfiguration = local.log
    },
  ])
}
