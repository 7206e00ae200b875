kd_library(NAME exchange_sim_app
           SOURCES sim_app.cc sim_options.cc stop_signals.cc
           DEPS kd::sim kd::net kd::base)
