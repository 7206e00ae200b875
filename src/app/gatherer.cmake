# What both daemons make of their configuration.
kd_library(NAME daemon_parts
           SOURCES api_client.cc maintenance_metrics.cc
           DEPS kd::api kd::config kd::database kd::metrics)
kd_library(NAME gatherer_app
           SOURCES gatherer_app.cc gatherer_lane.cc gatherer_main.cc gatherer_recovery.cc
                   gatherer_store.cc
           DEPS kd::api kd::config kd::connection kd::daemon_parts kd::storage_options kd::database kd::market
                kd::metrics kd::net kd::poller kd::process kd::router kd::tape kd::writer)
