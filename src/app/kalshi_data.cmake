kd_library(NAME kalshi_data_app
           SOURCES cli.cc config_text.cc local_http.cc local_platform.cc local_platform_watch.cc migrate_command.cc private_cluster.cc process_usage.cc real_exchange.cc
                   screen.cc sim_status.cc status_table.cc supervisor.cc
                   up_arguments.cc up_command.cc up_figures.cc up_layout.cc up_options.cc up_plan.cc
                   up_report.cc up_resources.cc up_subscribed.cc
           DEPS kd::api kd::audit kd::codec kd::config kd::database kd::metrics kd::net kd::process
                kd::backfill_commands kd::book_commands kd::doctor_commands kd::coverage_commands kd::tape_commands kd::universe_commands kd::verify_commands
           TESTS config_text_test.cc local_http_test.cc process_usage_test.cc sim_status_test.cc status_table_test.cc supervisor_test.cc
                 up_figures_test.cc up_layout_test.cc up_options_test.cc up_plan_test.cc
                 up_report_test.cc up_resources_test.cc up_subscribed_test.cc)
