mock_provider "aws" {
  mock_resource "aws_db_instance" {
    defaults = {
      address            = "db.example"
      endpoint           = "db.example:5432"
      port               = 5432
      master_user_secret = [{ secret_arn = "arn:owner", kms_key_id = "key", secret_status = "active" }]
    }
  }
}

variables {
  name                = "codesync-test"
  subnet_ids          = ["subnet-a", "subnet-b"]
  security_group_ids  = ["sg-database"]
  kms_key_arn         = "arn:aws:kms:eu-central-1:123456789012:key/1"
  instance_class      = "db.t3.micro"
  storage_gib         = 20
  connections_max     = 150
  deletion_protection = true
  migration = {
    image              = "registry/codesync-api:1"
    cpu_architecture   = "X86_64"
    execution_role_arn = "arn:aws:iam::123456789012:role/start"
    serving_secret_arn = "arn:serving"
    log_group_name     = "/ecs/codesync-test-migrate"
  }
}

run "the_database_is_private_encrypted_and_twice_there" {
  assert {
    condition     = !aws_db_instance.this.publicly_accessible && aws_db_instance.this.vpc_security_group_ids == toset(["sg-database"])
    error_message = "The database can be reached by others."
  }
  assert {
    condition     = aws_db_instance.this.multi_az && length(aws_db_subnet_group.this.subnet_ids) == 2
    error_message = "There is no standby in another zone."
  }
  assert {
    condition     = aws_db_instance.this.storage_encrypted && aws_db_instance.this.kms_key_id == var.kms_key_arn
    error_message = "The storage is not encrypted with our key."
  }
  assert {
    condition     = anytrue([for it in aws_db_parameter_group.this.parameter : it.name == "rds.force_ssl" && it.value == "1"])
    error_message = "The database speaks without TLS."
  }
}

run "what_is_lost_can_be_brought_back" {
  assert {
    condition     = aws_db_instance.this.backup_retention_period >= 7 && !aws_db_instance.this.delete_automated_backups
    error_message = "There are fewer than seven days to go back to."
  }
  assert {
    condition     = aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot
    error_message = "The database can be deleted without a trace."
  }
  assert {
    condition     = aws_db_instance.this.auto_minor_version_upgrade && aws_db_instance.this.performance_insights_enabled
    error_message = "Minor versions and Performance Insights come by themselves."
  }
}

run "no_password_is_written_down" {
  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password == null
    error_message = "RDS makes the owner's password."
  }
  assert {
    condition = alltrue(flatten([for container in jsondecode(aws_ecs_task_definition.migration.container_definitions) :
    [for it in container.environment : !strcontains(lower(it.name), "password") && !can(regex("://[^/]*@", it.value))]]))
    error_message = "A password is in plain text."
  }
  assert {
    condition = toset([for it in jsondecode(aws_ecs_task_definition.migration.container_definitions)[1].secrets : "${it.name}=${it.valueFrom}"]) == toset([
    "PGUSER=arn:owner:username::", "PGPASSWORD=arn:owner:password::", "SERVING_USER=arn:serving:username::", "SERVING_PASSWORD=arn:serving:password::"])
    error_message = "The grants know the owner and the servers' user from their secrets."
  }
}

run "rights_are_given_after_the_schema_is_there" {
  assert {
    condition     = jsondecode(aws_ecs_task_definition.migration.container_definitions)[1].dependsOn[0] == { containerName = "migrate", condition = "SUCCESS" }
    error_message = "The rights do not wait for the schema."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.migration.container_definitions)[0].command == ["migrate"]
    error_message = "The task does not migrate."
  }
  assert {
    condition     = alltrue([for container in jsondecode(aws_ecs_task_definition.migration.container_definitions) : container.readonlyRootFilesystem])
    error_message = "A container can change its own files."
  }
}

run "without_authorities_traffic_is_encrypted" {
  assert {
    condition     = output.url == "postgres://db.example:5432/codesync?sslmode=require"
    error_message = "The address is ${output.url}."
  }
}

run "with_authorities_the_certificate_is_checked" {
  variables {
    certificate_authorities = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
  }
  assert {
    condition     = endswith(output.url, "?sslmode=verify-full")
    error_message = "The address is ${output.url}."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.migration.container_definitions)[0].environment[0].name == "PGSSLROOTCERT"
    error_message = "The migration does not know the authorities."
  }
}

run "one_zone_is_refused" {
  command = plan
  variables {
    subnet_ids = ["subnet-a"]
  }
  expect_failures = [var.subnet_ids]
}

run "an_old_postgres_is_refused" {
  command = plan
  variables {
    engine_version = "14"
  }
  expect_failures = [var.engine_version]
}

run "fewer_than_seven_days_of_backups_are_refused" {
  command = plan
  variables {
    backup_days = 1
  }
  expect_failures = [var.backup_days]
}
