add_library(kd_pg_cluster ${CMAKE_CURRENT_LIST_DIR}/pg_cluster.cc)
target_link_libraries(kd_pg_cluster PUBLIC kd_options kd::database)
target_include_directories(kd_pg_cluster PUBLIC ${CMAKE_SOURCE_DIR}/tests)
