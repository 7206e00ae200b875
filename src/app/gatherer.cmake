kd_library(NAME gatherer_app SOURCES gatherer_app.cc gatherer_lane.cc gatherer_main.cc
               gatherer_recovery.cc
               gatherer_store.cc DEPS
               kd::api kd::config kd::connection kd::database kd::market kd::metrics kd::net
                   kd::poller kd::process kd::router kd::tape kd::writer)
