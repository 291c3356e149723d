# How many tasks there are: enough for the busiest of processor, memory and, for sockets, their number.

locals {
  predefined = {
    cpu    = { metric = "ECSServiceAverageCPUUtilization", target = 60 }
    memory = { metric = "ECSServiceAverageMemoryUtilization", target = 70 }
  }
  # Each task that goes sends its people elsewhere: it goes late.
  scale_in_seconds = { api = 300, websocket = 900 }[var.role]
}

resource "aws_appautoscaling_target" "this" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${var.cluster.name}/${aws_ecs_service.this.name}"
  min_capacity       = var.tasks.min
  max_capacity       = var.tasks.max
}

resource "aws_appautoscaling_policy" "usage" {
  for_each = local.predefined

  name               = "${local.name}-${each.key}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = each.value.target
    scale_out_cooldown = 60
    scale_in_cooldown  = local.scale_in_seconds

    predefined_metric_specification {
      predefined_metric_type = each.value.metric
    }
  }
}

resource "aws_appautoscaling_policy" "sockets" {
  count = var.sockets_per_task == null ? 0 : 1

  name               = "${local.name}-sockets"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = var.sockets_per_task
    scale_out_cooldown = 60
    scale_in_cooldown  = local.scale_in_seconds

    # Each task tells its own number, so that the average is that of a task.
    customized_metric_specification {
      namespace   = var.metric_namespace
      metric_name = "codesync_sockets"
      statistic   = "Average"

      dimensions {
        name  = "Environment"
        value = var.environment
      }
      dimensions {
        name  = "Service"
        value = var.role
      }
    }
  }
}
