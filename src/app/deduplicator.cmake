kd_library(NAME deduplicator_app
           SOURCES dedup_metrics.cc deduplicator_app.cc deduplicator_main.cc
           DEPS kd::config kd::database kd::dedup kd::metrics kd::net kd::process
           TESTS dedup_metrics_test.cc)
