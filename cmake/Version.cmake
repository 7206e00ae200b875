# Run at every build: writes version.cc when the commit changed, so that an unchanged tree
# is not relinked just because time went by.
execute_process(COMMAND git -C ${SOURCE_DIR} rev-parse --short=12 HEAD
                OUTPUT_VARIABLE KD_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT KD_COMMIT)
  set(KD_COMMIT unknown)
endif()
set(stamp "${OUTPUT}.stamp")
set(known "")
if(EXISTS ${stamp})
  file(READ ${stamp} known)
endif()
if(NOT EXISTS ${OUTPUT} OR NOT known STREQUAL "${PROJECT_VERSION} ${KD_COMMIT}")
  string(TIMESTAMP KD_BUILD_TIME "%Y-%m-%dT%H:%M:%SZ" UTC)
  configure_file(${INPUT} ${OUTPUT} @ONLY)
  file(WRITE ${stamp} "${PROJECT_VERSION} ${KD_COMMIT}")
endif()
