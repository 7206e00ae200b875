kd_library(NAME gatherer_app SOURCES gatherer_app.cc gatherer_lane.cc gatherer_main.cc DEPS
               kd::api kd::config kd::connection kd::database kd::market kd::metrics kd::net
                   kd::process kd::router kd::writer)
