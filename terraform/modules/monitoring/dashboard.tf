# All of it on one page: what people feel on top, what it stands on below.

locals {
  # Each row of a graph is namespace, metric, dimensions, statistic.
  graphs = concat(
    [
      { title = "Sockets", rows = [for role, it in local.of_servers : [local.namespace, "codesync_sockets", it, "Sum"] if role == "websocket"] },
      { title = "Edits committed", rows = [for role, it in local.of_servers : [local.namespace, "codesync_edits_committed_total", it, "Sum"]] },
      { title = "Seconds until an edit is saved, on average", rows = [[local.namespace, "codesync_acknowledgement_seconds", local.of_servers["websocket"], "Average"]] },
      { title = "Edits not saved, races lost, refusals", rows = [for metric in ["codesync_append_failures_total", "codesync_append_conflicts_total", "codesync_rejects_total"] : [local.namespace, metric, local.of_servers["websocket"], "Sum"]] },
      { title = "Documents open", rows = [[local.namespace, "codesync_documents_open", local.of_servers["websocket"], "Sum"]] },
      { title = "Documents not read, texts that differed, snapshots not kept", rows = [for metric in ["codesync_document_load_failures_total", "codesync_hash_mismatches_total", "codesync_snapshot_failures_total"] : [local.namespace, metric, local.of_servers["websocket"], "Sum"]] },
      { title = "Requests, and answers that tell of a fault", rows = [for metric in ["RequestCount", "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"] : ["AWS/ApplicationELB", metric, local.of_balancer, "Sum"]] },
      { title = "Seconds until a request is answered", rows = [for statistic in ["p50", "p99"] : ["AWS/ApplicationELB", "TargetResponseTime", local.of_balancer, statistic]] },
      { title = "Tasks that live", rows = [for role, group in var.balancer.targets : ["AWS/ApplicationELB", "HealthyHostCount", merge(local.of_balancer, { TargetGroup = group }), "Average"]] },
      { title = "Processor of tasks, %", rows = [for role, service in var.services : ["AWS/ECS", "CPUUtilization", { ClusterName = var.cluster, ServiceName = service }, "Average"]] },
      { title = "Memory of tasks, %", rows = [for role, service in var.services : ["AWS/ECS", "MemoryUtilization", { ClusterName = var.cluster, ServiceName = service }, "Average"]] },
    ],
    [for metric in ["CPUUtilization", "DatabaseConnections", "FreeStorageSpace", "WriteLatency"] :
      { title = "Database: ${metric}", rows = [["AWS/RDS", metric, { DBInstanceIdentifier = var.database.identifier }, "Average"]] }
    ],
    [for metric in ["EngineCPUUtilization", "DatabaseMemoryUsagePercentage"] :
      { title = "Redis: ${metric}", rows = [for node in var.cache_nodes : ["AWS/ElastiCache", metric, { CacheClusterId = node }, "Average"]] }
    ],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [for place, graph in local.graphs : {
      type   = "metric"
      x      = 8 * (place % 3)
      y      = 6 * floor(place / 3)
      width  = 8
      height = 6
      properties = {
        title  = graph.title
        region = data.aws_region.current.region
        period = 60
        metrics = [for row in graph.rows : concat(
          [row[0], row[1]],
          flatten([for name, value in row[2] : [name, value]]),
          [{ stat = row[3] }],
        )]
      }
    }]
  })
}
