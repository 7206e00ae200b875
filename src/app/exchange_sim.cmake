kd_library(NAME exchange_sim_app
           SOURCES sim_app.cc sim_options.cc
           DEPS kd::sim kd::net kd::base
           PRIVATE_DEPS CLI11::CLI11 kd::process
           TESTS sim_options_test.cc)
