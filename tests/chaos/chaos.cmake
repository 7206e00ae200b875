add_executable(kd_chaos ${CMAKE_CURRENT_LIST_DIR}/chaos_main.cc
                        ${CMAKE_CURRENT_LIST_DIR}/chaos_run.cc
                        ${CMAKE_CURRENT_LIST_DIR}/scenario.cc)
target_link_libraries(kd_chaos PRIVATE kd_options kd::kalshi_data_app)
target_include_directories(kd_chaos PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_compile_definitions(kd_chaos PRIVATE KD_BINARY_DIR="${CMAKE_BINARY_DIR}")
add_dependencies(kd_chaos exchange-sim gatherer deduplicator kalshi-data)

# Short runs of those that meet different code; `make soak` plays all of them, longer.
foreach(scenario drop-alone restarts handovers end-sid kills database-stop disk-full flipped-leg)
  add_test(NAME chaos.${scenario} COMMAND kd_chaos ${scenario} --seconds 8)
  set_tests_properties(chaos.${scenario} PROPERTIES LABELS chaos RUN_SERIAL TRUE TIMEOUT 600)
endforeach()
