add_test(NAME exchange_client_typescript
         COMMAND ${CMAKE_CURRENT_LIST_DIR}/run.sh $<TARGET_FILE:exchange-sim>
                 ${CMAKE_BINARY_DIR}/client-ts)
set_tests_properties(exchange_client_typescript PROPERTIES
  LABELS integration TIMEOUT 300 SKIP_RETURN_CODE 77)
