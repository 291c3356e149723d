mock_provider "aws" {}

variables {
  name        = "codesync-test"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1"
}

run "images_are_scanned_encrypted_and_stay_what_they_are" {
  assert {
    condition     = toset([for it in aws_ecr_repository.this : it.name]) == toset(["codesync-api", "codesync-websocket"])
    error_message = "The repositories are named otherwise."
  }
  assert {
    condition     = alltrue([for it in aws_ecr_repository.this : it.image_tag_mutability == "IMMUTABLE" && it.image_scanning_configuration[0].scan_on_push])
    error_message = "A tag can change what it names, or an image is not scanned."
  }
  assert {
    condition     = alltrue([for it in aws_ecr_repository.this : it.encryption_configuration[0].kms_key == var.kms_key_arn])
    error_message = "Images are not encrypted with our key."
  }
  assert {
    condition     = alltrue([for it in aws_ecr_lifecycle_policy.this : length(jsondecode(it.policy).rules) == 2])
    error_message = "Images pile up."
  }
}

run "tasks_run_on_fargate_and_are_watched" {
  assert {
    condition     = aws_ecs_cluster_capacity_providers.this.capacity_providers == toset(["FARGATE"])
    error_message = "Tasks run elsewhere."
  }
  assert {
    condition     = anytrue([for it in aws_ecs_cluster.this.setting : it.name == "containerInsights" && it.value == "enabled"])
    error_message = "Container Insights is off."
  }
}

run "environments_of_one_account_have_repositories_of_their_own" {
  variables {
    repository_prefix = "dev/"
  }
  assert {
    condition     = toset([for it in aws_ecr_repository.this : it.name]) == toset(["dev/codesync-api", "dev/codesync-websocket"])
    error_message = "The prefix is not used."
  }
}

run "a_prefix_that_no_repository_can_have_is_refused" {
  command = plan
  variables {
    repository_prefix = "Dev"
  }
  expect_failures = [var.repository_prefix]
}
