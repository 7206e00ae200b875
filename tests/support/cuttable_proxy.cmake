add_library(kd_cuttable_proxy ${CMAKE_CURRENT_LIST_DIR}/cuttable_proxy.cc)
target_link_libraries(kd_cuttable_proxy PUBLIC kd_options kd::database)
target_include_directories(kd_cuttable_proxy PUBLIC ${CMAKE_SOURCE_DIR}/tests)
