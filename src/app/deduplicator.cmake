kd_library(NAME coverage_answer SOURCES coverage_answer.cc DEPS kd::book kd::coverage)
kd_library(NAME deduplicator_app
           SOURCES dedup_metrics.cc deduplicator_app.cc deduplicator_main.cc
                   production_services.cc
           DEPS kd::backfill kd::book kd::config kd::coverage kd::coverage_answer kd::daemon_parts kd::storage_options
                kd::database kd::dedup kd::metadata kd::metrics kd::net kd::process
           TESTS dedup_metrics_test.cc)
