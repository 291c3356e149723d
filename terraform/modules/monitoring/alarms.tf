# What somebody should be woken by. What to do is in the README, by the alarm's name.

locals {
  of_servers  = { for role in keys(var.services) : role => { Environment = var.environment, Service = role } }
  of_balancer = { LoadBalancer = var.balancer.balancer }

  # Each: which number, of what, over which time, and beyond which bound. Without a word about them,
  # numbers that do not come are no alarm, the bound is passed from below, and minutes are five.
  alarms = merge(
    {
      balancer-5xx = { namespace = "AWS/ApplicationELB", metric = "HTTPCode_ELB_5XX_Count", dimensions = local.of_balancer, statistic = "Sum", bound = 10
      about = "The balancer found no server to ask" }
      server-5xx = { namespace = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", dimensions = local.of_balancer, statistic = "Sum", bound = 20
      about = "Servers answer that something is wrong with them" }
      latency = { namespace = "AWS/ApplicationELB", metric = "TargetResponseTime", dimensions = merge(local.of_balancer, { TargetGroup = var.balancer.targets["api"] }), statistic = "p99", bound = 2
      about = "One request in a hundred takes longer than two seconds" }
      database-cpu = { namespace = "AWS/RDS", metric = "CPUUtilization", dimensions = { DBInstanceIdentifier = var.database.identifier }, statistic = "Average", bound = 80, periods = 3
      about = "The database has no time" }
      database-storage = { namespace = "AWS/RDS", metric = "FreeStorageSpace", dimensions = { DBInstanceIdentifier = var.database.identifier }, statistic = "Minimum", bound = var.database.storage_gib * pow(1024, 3) / 10, below = true
      about = "A tenth of the first storage is left; it grows by itself, at most five times" }
      database-connections = { namespace = "AWS/RDS", metric = "DatabaseConnections", dimensions = { DBInstanceIdentifier = var.database.identifier }, statistic = "Maximum", bound = floor(var.database.connections_max * 0.8)
      about = "Four in five of the database's connections are taken" }
      acknowledgement = { namespace = local.namespace, metric = "codesync_acknowledgement_seconds", dimensions = local.of_servers["websocket"], statistic = "Average", bound = 0.25
      about = "People wait a quarter of a second for their edits to be saved" }
      bus-lost = { namespace = local.namespace, metric = "codesync_bus_connected", dimensions = local.of_servers["websocket"], statistic = "Minimum", bound = 1, below = true
      about = "A server does not hear the others; edits reach them late" }
      # One is one too many: everybody's text is the same, or a rule is broken somewhere.
      hash-mismatch = { namespace = local.namespace, metric = "codesync_hash_mismatches_total", dimensions = local.of_servers["websocket"], statistic = "Sum", bound = 0
      about = "A client found that its text was not the server's" }
      # One that should always be there: without numbers all alarms of this kind are blind.
      numbers-missing = { namespace = local.namespace, metric = "codesync_sockets", dimensions = local.of_servers["websocket"], statistic = "SampleCount", bound = 1, below = true, missing = "breaching"
      about = "Servers tell no numbers" }
    },
    # Whoever writes a text by REST has it committed by a server of the role api.
    { for role, dimensions in local.of_servers : "append-failures-${role}" => {
      namespace = local.namespace, metric = "codesync_append_failures_total", dimensions = dimensions, statistic = "Sum", bound = 10
      about     = "Edits are not saved"
    } },
    { for role, dimensions in local.of_servers : "document-unreadable-${role}" => {
      namespace = local.namespace, metric = "codesync_document_load_failures_total", dimensions = dimensions, statistic = "Sum", bound = 0
      about     = "A document cannot be read: its log is away, or a text does not have the hash that it should"
    } },
    { for role, dimensions in local.of_servers : "snapshot-failures-${role}" => {
      namespace = local.namespace, metric = "codesync_snapshot_failures_total", dimensions = dimensions, statistic = "Sum", bound = 5, periods = 3
      about     = "Snapshots are not kept; edits are"
    } },
    { for role, group in var.balancer.targets : "unhealthy-${role}" => {
      namespace = "AWS/ApplicationELB", metric = "UnHealthyHostCount", dimensions = merge(local.of_balancer, { TargetGroup = group }), statistic = "Maximum", bound = 0, periods = 2
      about     = "A server of role ${role} does not live"
    } },
    { for role, service in var.services : "cpu-${role}" => {
      namespace = "AWS/ECS", metric = "CPUUtilization", dimensions = { ClusterName = var.cluster, ServiceName = service }, statistic = "Average", bound = 85, periods = 2
      about     = "Servers of role ${role} have no time, and there are as many as there may be"
    } },
    { for role, service in var.services : "memory-${role}" => {
      namespace = "AWS/ECS", metric = "MemoryUtilization", dimensions = { ClusterName = var.cluster, ServiceName = service }, statistic = "Average", bound = 85, periods = 2
      about     = "Servers of role ${role} have no memory left"
    } },
    { for node in var.cache_nodes : "redis-cpu-${node}" => {
      namespace = "AWS/ElastiCache", metric = "EngineCPUUtilization", dimensions = { CacheClusterId = node }, statistic = "Average", bound = 80, periods = 2
      about     = "Redis has no time"
    } },
    { for node in var.cache_nodes : "redis-memory-${node}" => {
      namespace = "AWS/ElastiCache", metric = "DatabaseMemoryUsagePercentage", dimensions = { CacheClusterId = node }, statistic = "Maximum", bound = 90, periods = 3
      about     = "Redis forgets what is asked for again"
    } },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = each.value.about
  namespace         = each.value.namespace
  metric_name       = each.value.metric
  dimensions        = each.value.dimensions

  statistic          = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic = startswith(each.value.statistic, "p") ? each.value.statistic : null

  comparison_operator = try(each.value.below, false) ? "LessThanThreshold" : "GreaterThanThreshold"
  threshold           = each.value.bound
  period              = 300
  evaluation_periods  = try(each.value.periods, 1)
  treat_missing_data  = try(each.value.missing, "notBreaching")

  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
}
