kd_test(NAME storage_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/storage_engine_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/storage_rights_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/storage_retention_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/storage_polling_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/storage_locks_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/storage_doctor_test.cc
        DEPS kd::database kd_pg_cluster)
kd_on_both_engines(storage_integration_test)
if(KD_TIMESCALEDB)
  kd_test(NAME storage_change_integration_test LABEL integration
          SOURCES ${CMAKE_CURRENT_LIST_DIR}/storage_change_test.cc
          DEPS kd::database kd_pg_cluster)
endif()
kd_test(NAME storage_tls_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/storage_tls_test.cc
        DEPS kd::database kd::net kd_pg_cluster)
