# CodeSync on AWS: ten modules, put together. README.md says how it is used.

locals {
  name = "codesync-${var.environment}"

  images = { for name, url in module.ecs_cluster.repository_urls : name => "${url}:${var.release}" }

  # What all servers are told beside their role.
  settings = merge({
    CODESYNC_PUBLIC_URL           = module.cloudfront.url
    CODESYNC_TRUSTED_PROXIES      = join(",", concat(var.public_subnet_cidrs, module.security.proxy_cidrs))
    CODESYNC_REGISTRATION         = var.registration
    CODESYNC_DATABASE_URL         = module.database.url
    CODESYNC_DATABASE_CONNECTIONS = tostring(var.database_connections_per_task)
    CODESYNC_OBJECTS              = "s3://${module.storage.documents_bucket.name}"
    CODESYNC_DRAIN_SECONDS        = "30"
    },
    # Postgres's own variables, which the driver reads, as psql does.
    { for it in compact([var.database_certificate_authorities]) : "PGSSLROOTCERT" => trimspace(it) },
    var.settings,
  )

  secrets = merge({
    CODESYNC_JWT_SECRET = module.security.jwt_secret_arn
    CODESYNC_REDIS_URL  = module.cache.url_secret_arn
    PGUSER              = "${module.security.database_secret_arn}:username::"
    PGPASSWORD          = "${module.security.database_secret_arn}:password::"
  }, { for it in compact([var.jwt_secret_previous_arn]) : "CODESYNC_JWT_SECRET_PREVIOUS" => it })
}

module "monitoring" {
  source = "./modules/monitoring"

  name        = local.name
  environment = var.environment
  kms_key_arn = module.security.operations_key_arn
  log_days    = var.log_days
  emails      = var.alarm_emails
  subscribers = var.alarm_subscribers
  balancer    = module.alb.dimensions
  cluster     = module.ecs_cluster.name
  services    = { api = module.api.name, websocket = module.websocket.name }
  cache_nodes = module.cache.node_ids
  database = {
    identifier      = module.database.identifier
    connections_max = var.database_connections_max
    storage_gib     = var.database_storage_gib
  }
}

module "vpc" {
  source = "./modules/vpc"

  name                 = local.name
  cidr                 = var.vpc_cidr
  availability_zones   = var.availability_zones
  public_subnet_cidrs  = var.public_subnet_cidrs
  private_subnet_cidrs = var.private_subnet_cidrs
  nat_gateway_per_zone = var.nat_gateway_per_zone
  log_group_arn        = module.monitoring.log_group_arns["network"]
}

module "security" {
  source = "./modules/security"

  name                       = local.name
  vpc_id                     = module.vpc.id
  jwt_secret_arn             = var.jwt_secret_arn
  jwt_secret_previous_arn    = var.jwt_secret_previous_arn
  database_master_secret_arn = module.database.master_secret_arn
  redis_url_secret_arn       = module.cache.url_secret_arn
  documents_bucket_arn       = module.storage.documents_bucket.arn
  repository_arns            = module.ecs_cluster.repository_arns
  log_group_arns             = module.monitoring.log_group_arns
}

module "storage" {
  source = "./modules/storage"

  name             = local.name
  kms_key_arn      = module.security.data_key_arn
  distribution_arn = module.cloudfront.arn
}

module "database" {
  source = "./modules/database"

  name                    = local.name
  subnet_ids              = module.vpc.private_subnet_ids
  security_group_ids      = [module.security.security_group_ids["database"]]
  kms_key_arn             = module.security.data_key_arn
  instance_class          = var.database_instance_class
  storage_gib             = var.database_storage_gib
  connections_max         = var.database_connections_max
  deletion_protection     = var.deletion_protection
  certificate_authorities = var.database_certificate_authorities
  migration = {
    image              = local.images["codesync-api"]
    cpu_architecture   = var.cpu_architecture
    execution_role_arn = module.security.execution_role_arns["migration"]
    serving_secret_arn = module.security.database_secret_arn
    log_group_name     = module.monitoring.log_group_names["migrate"]
  }
}

module "cache" {
  source = "./modules/cache"

  name               = local.name
  subnet_ids         = module.vpc.private_subnet_ids
  security_group_ids = [module.security.security_group_ids["cache"]]
  kms_key_arn        = module.security.data_key_arn
  node_type          = var.redis_node_type
  nodes              = var.redis_nodes
}

module "alb" {
  source = "./modules/alb"

  name                = local.name
  vpc_id              = module.vpc.id
  subnet_ids          = module.vpc.public_subnet_ids
  security_group_ids  = module.security.balancer_security_group_ids
  certificate_arn     = var.certificate_arn
  origin_secret       = module.security.origin_secret
  log_bucket          = module.storage.logs_bucket.name
  deletion_protection = var.deletion_protection
}

module "ecs_cluster" {
  source = "./modules/ecs-cluster"

  name              = local.name
  kms_key_arn       = module.security.data_key_arn
  repository_prefix = var.repository_prefix
}

module "api" {
  source = "./modules/ecs-service"

  name               = local.name
  role               = "api"
  environment        = var.environment
  cluster            = { name = module.ecs_cluster.name, arn = module.ecs_cluster.arn }
  image              = local.images["codesync-api"]
  cpu                = var.api.cpu
  memory             = var.api.memory
  cpu_architecture   = var.cpu_architecture
  tasks              = { min = var.api.tasks_min, max = var.api.tasks_max }
  subnet_ids         = module.vpc.private_subnet_ids
  security_group_ids = [module.security.security_group_ids["tasks"]]
  target_group_arn   = module.alb.target_group_arns["api"]
  execution_role_arn = module.security.execution_role_arns["server"]
  task_role_arn      = module.security.task_role_arn
  settings           = local.settings
  secrets            = local.secrets
  log_groups         = { server = module.monitoring.log_group_names["api"], metrics = module.monitoring.log_group_names["metrics"] }
  metric_namespace   = module.monitoring.namespace
}

module "websocket" {
  source = "./modules/ecs-service"

  name               = local.name
  role               = "websocket"
  environment        = var.environment
  cluster            = { name = module.ecs_cluster.name, arn = module.ecs_cluster.arn }
  image              = local.images["codesync-websocket"]
  cpu                = var.websocket.cpu
  memory             = var.websocket.memory
  cpu_architecture   = var.cpu_architecture
  tasks              = { min = var.websocket.tasks_min, max = var.websocket.tasks_max }
  sockets_per_task   = var.websocket.sockets_per_task
  subnet_ids         = module.vpc.private_subnet_ids
  security_group_ids = [module.security.security_group_ids["tasks"]]
  target_group_arn   = module.alb.target_group_arns["websocket"]
  execution_role_arn = module.security.execution_role_arns["server"]
  task_role_arn      = module.security.task_role_arn
  settings           = local.settings
  secrets            = local.secrets
  log_groups         = { server = module.monitoring.log_group_names["websocket"], metrics = module.monitoring.log_group_names["metrics"] }
  metric_namespace   = module.monitoring.namespace
}

module "cloudfront" {
  source = "./modules/cloudfront"

  name                 = local.name
  balancer_domain_name = module.alb.dns_name
  balancer_encrypted   = var.certificate_arn != null
  origin_secret        = module.security.origin_secret
  page_bucket          = module.storage.page_bucket
  logs_bucket_arn      = module.storage.logs_bucket.arn
  domain_name          = var.domain_name
  certificate_arn      = var.cloudfront_certificate_arn
  price_class          = var.price_class
  firewall             = var.firewall
}

check "database_certificate" {
  assert {
    condition     = var.database_certificate_authorities != null
    error_message = "Nobody checks that the database is the one it says to be: run scripts/database-certificates.sh ${var.environment}, and add -var-file=environments/${var.environment}.certificates.tfvars."
  }
}
