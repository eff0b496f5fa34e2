# Writes tuner/version.h. The version is part of every trial's key, so it changes by hand, when the way
# of measuring or verifying does; the revision changes with every commit and is only told to people.
set(TILESMITH_GENERATED_INCLUDE_DIR ${PROJECT_BINARY_DIR}/generated/include)

find_package(Git QUIET)
set(TILESMITH_REVISION "")
if(GIT_FOUND)
  execute_process(
    COMMAND ${GIT_EXECUTABLE} describe --tags --always --dirty
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    OUTPUT_VARIABLE TILESMITH_REVISION OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(TILESMITH_REVISION STREQUAL "")
  set(TILESMITH_REVISION "v${PROJECT_VERSION}")
endif()

foreach(git_file IN ITEMS HEAD logs/HEAD)
  if(EXISTS ${PROJECT_SOURCE_DIR}/.git/${git_file})
    set_property(DIRECTORY APPEND PROPERTY
      CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/.git/${git_file})
  endif()
endforeach()

configure_file(${PROJECT_SOURCE_DIR}/tuner/version.h.in
               ${TILESMITH_GENERATED_INCLUDE_DIR}/tuner/version.h @ONLY)
