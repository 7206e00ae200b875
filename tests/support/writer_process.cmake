add_library(kd_writer_process ${CMAKE_CURRENT_LIST_DIR}/writer_process.cc)
target_link_libraries(kd_writer_process PUBLIC kd_options kd::writer kd_pg_cluster GTest::gtest)
