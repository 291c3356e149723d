# From the server's admin port to CloudWatch: the collector asks as Prometheus would, makes differences
# of what only ever grows, and writes them as logs that CloudWatch reads numbers from (EMF).

locals {
  # What alarms, dashboard and autoscaling look at, by the server's own names. Each is paid for.
  metrics = [
    "codesync_acknowledgement_seconds",
    "codesync_append_conflicts_total",
    "codesync_append_failures_total",
    "codesync_bus_connected",
    "codesync_document_load_failures_total",
    "codesync_documents_open",
    "codesync_edits_committed_total",
    "codesync_hash_mismatches_total",
    "codesync_rejects_total",
    "codesync_snapshot_failures_total",
    "codesync_sockets",
  ]

  collector = {
    receivers = {
      prometheus = { config = { scrape_configs = [{
        job_name        = "codesync"
        scrape_interval = "30s"
        static_configs = [{
          targets = ["127.0.0.1:${local.admin}"]
          labels  = { Environment = var.environment, Service = var.role }
        }]
        metric_relabel_configs = [{
          source_labels = ["__name__"]
          regex         = "(${join("|", local.metrics)})(_bucket|_count|_sum)?"
          action        = "keep"
        }]
      }] } }
    }
    processors = { cumulativetodelta = {}, batch = { timeout = "30s" } }
    exporters = {
      awsemf = {
        region                  = local.region
        namespace               = var.metric_namespace
        log_group_name          = var.log_groups.metrics
        log_stream_name         = var.role
        dimension_rollup_option = "NoDimensionRollup"
        metric_declarations = [{
          dimensions            = [["Environment", "Service"]]
          metric_name_selectors = ["^codesync_"]
        }]
      }
    }
    service = {
      pipelines = { metrics = { receivers = ["prometheus"], processors = ["cumulativetodelta", "batch"], exporters = ["awsemf"] } }
      telemetry = { logs = { level = "warn" } }
    }
  }
}
