kd_library(NAME kalshi_data_app
           SOURCES cli.cc local_http.cc local_platform.cc migrate_command.cc private_cluster.cc
                   screen.cc sim_status.cc status_table.cc supervisor.cc
                   up_command.cc up_figures.cc up_layout.cc up_options.cc up_plan.cc up_report.cc
           DEPS kd::audit kd::codec kd::config kd::database kd::metrics kd::net kd::process
           TESTS local_http_test.cc sim_status_test.cc status_table_test.cc supervisor_test.cc
                 up_figures_test.cc up_layout_test.cc up_options_test.cc up_plan_test.cc
                 up_report_test.cc)
