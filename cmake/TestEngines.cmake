# Tests that need PostgreSQL run on native partitions. kd_on_both_engines(NAME …) has their cases
# run on TimescaleDB too, where it is installed; where it is not, one test says so.
file(GLOB KD_TIMESCALEDB /usr/share/postgresql/*/extension/timescaledb.control)

function(kd_on_both_engines)
  if(NOT KD_TIMESCALEDB)
    return()
  endif()
  foreach(test IN LISTS ARGN)
    gtest_discover_tests(${test} TEST_PREFIX "timescaledb/"
                         PROPERTIES LABELS integration TIMEOUT 900 RUN_SERIAL TRUE
                                    ENVIRONMENT KD_TEST_ENGINE=timescaledb
                         DISCOVERY_TIMEOUT 60)
  endforeach()
endfunction()

if(NOT KD_TIMESCALEDB)
  add_test(NAME timescaledb COMMAND ${CMAKE_COMMAND} -E echo "TimescaleDB is not installed")
  set_tests_properties(timescaledb PROPERTIES LABELS integration
                       SKIP_REGULAR_EXPRESSION "TimescaleDB is not installed")
endif()
