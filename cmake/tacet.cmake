# How everything here is compiled: one function a kind of target, so that the
# folders' own files are lists and nothing else.

include(CTest)
include(GNUInstallDirs)
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

option(TACET_WERROR "Warnings are errors" OFF)
option(TACET_FUZZ "Build the libFuzzer targets (clang)" OFF)
set(TACET_SANITIZE "" CACHE STRING "Value of -fsanitize=, for all of it")

add_compile_options(
  -Wall -Wextra -pedantic -Wconversion -Wsign-conversion -Wshadow -Wundef -Wvla
  -Wcast-qual -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
  -Wpointer-arith -Wwrite-strings -fno-common -fvisibility=hidden
  -fno-semantic-interposition
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(TACET_WERROR)
  add_compile_options(-Werror)
endif()
if(TACET_SANITIZE)
  add_compile_options(-fsanitize=${TACET_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TACET_SANITIZE})
endif()

# ---- libraries that are not ours (docs/adr/ has a page on each) ----

# libsodium 1.0.22 or newer: the system's where it is new enough, else the one
# that tools/setup unpacked under build/deps.
set(TACET_DEPS ${CMAKE_SOURCE_DIR}/build/deps CACHE PATH
    "Where tools/setup put what the system lacks")
pkg_check_modules(SODIUM QUIET IMPORTED_TARGET GLOBAL libsodium>=1.0.22)
if(SODIUM_FOUND)
  add_library(tacet_dep_sodium ALIAS PkgConfig::SODIUM)
else()
  find_library(TACET_SODIUM_LIB NAMES libsodium.a NO_DEFAULT_PATH
    PATHS ${TACET_DEPS}/sodium/usr/lib ${TACET_DEPS}/sodium/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE})
  if(NOT TACET_SODIUM_LIB)
    message(FATAL_ERROR "libsodium 1.0.22 or newer is missing: run tools/setup")
  endif()
  add_library(tacet_dep_sodium STATIC IMPORTED GLOBAL)
  set_target_properties(tacet_dep_sodium PROPERTIES
    IMPORTED_LOCATION ${TACET_SODIUM_LIB}
    INTERFACE_INCLUDE_DIRECTORIES ${TACET_DEPS}/sodium/usr/include)
endif()
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET GLOBAL libcrypto>=3.0)
if(NOT TACET_ONLY_LIBRARY)
  pkg_check_modules(SSL REQUIRED IMPORTED_TARGET GLOBAL libssl>=3.0)
  pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET GLOBAL sqlite3>=3.40)
  pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET GLOBAL jansson)
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET GLOBAL cmocka)
  # libfido2, for tacet-desk's own hands on tokens; what tokens signed is checked
  # without it.
  option(TACET_FIDO2 "Keys of officers on FIDO2 tokens, where libfido2 is" ON)
  if(TACET_FIDO2)
    pkg_check_modules(FIDO2 QUIET IMPORTED_TARGET GLOBAL libfido2>=1.12)
    if(NOT FIDO2_FOUND)
      message(STATUS "no libfido2 (libfido2-dev): tacet-desk speaks to no token")
    endif()
  endif()
  # libharu, for the desk alone; it has no .pc file everywhere.
  find_path(TACET_HPDF_INCLUDE hpdf.h)
  find_library(TACET_HPDF_LIB hpdf)
  if(NOT TACET_HPDF_INCLUDE OR NOT TACET_HPDF_LIB)
    message(FATAL_ERROR "libharu (libhpdf-dev) is missing: run tools/setup")
  endif()
  add_library(tacet_dep_hpdf UNKNOWN IMPORTED GLOBAL)
  set_target_properties(tacet_dep_hpdf PROPERTIES
    IMPORTED_LOCATION ${TACET_HPDF_LIB}
    INTERFACE_INCLUDE_DIRECTORIES ${TACET_HPDF_INCLUDE})
endif()

# ---- kinds of target ----

# tacet_module(NAME [OS] SOURCES... [DEPS ...]): the static library of one
# folder. OS: outside the core, may call the operating system (_GNU_SOURCE).
function(tacet_module name)
  cmake_parse_arguments(M "OS" "" "SOURCES;DEPS" ${ARGN})
  add_library(tacet_${name} STATIC ${M_SOURCES})
  target_include_directories(tacet_${name}
    PUBLIC ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}
    PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(tacet_${name} PUBLIC ${M_DEPS})
  if(M_OS)
    target_compile_definitions(tacet_${name} PRIVATE _GNU_SOURCE)
  endif()
endfunction()

# tacet_program(NAME SOURCES... [DEPS ...]): a program in build/<preset>/bin.
function(tacet_program name)
  cmake_parse_arguments(P "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${P_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/include
    ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/src)
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  target_link_libraries(${name} PRIVATE ${P_DEPS})
endfunction()

# tacet_test(NAME SOURCES... [DEPS ...] [LABELS ...]): a cmocka program that
# ctest runs. Its working directory is the source tree's root.
function(tacet_test name)
  cmake_parse_arguments(T "" "" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(test_${name} ${T_SOURCES})
  set_target_properties(test_${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR}/include
    ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/src)
  target_compile_definitions(test_${name} PRIVATE _GNU_SOURCE)
  target_link_libraries(test_${name} PRIVATE ${T_DEPS} tacet_test_support
    PkgConfig::CMOCKA)
  add_test(NAME ${name} COMMAND test_${name}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  if(T_LABELS)
    set_tests_properties(${name} PROPERTIES LABELS "${T_LABELS}")
  endif()
endfunction()

# tacet_fuzz(NAME [DEPS ...]): fuzz/NAME.c with LLVMFuzzerTestOneInput. With
# TACET_FUZZ a libFuzzer program, of the target `fuzzers`; always a test that
# replays fuzz/corpus/NAME.
function(tacet_fuzz name)
  cmake_parse_arguments(F "" "" "DEPS" ${ARGN})
  add_executable(replay_${name} ${CMAKE_SOURCE_DIR}/fuzz/${name}.c
    ${CMAKE_SOURCE_DIR}/fuzz/replay.c)
  target_include_directories(replay_${name} PRIVATE ${CMAKE_SOURCE_DIR}/include
    ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/src)
  set_target_properties(replay_${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(replay_${name} PRIVATE ${F_DEPS})
  add_test(NAME fuzz-${name}
    COMMAND replay_${name} ${CMAKE_SOURCE_DIR}/fuzz/corpus/${name})
  if(TACET_FUZZ)
    add_executable(fuzz_${name} ${CMAKE_SOURCE_DIR}/fuzz/${name}.c)
    target_include_directories(fuzz_${name} PRIVATE
      ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(fuzz_${name} PRIVATE ${F_DEPS})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    if(NOT TARGET fuzzers)
      add_custom_target(fuzzers)
    endif()
    add_dependencies(fuzzers fuzz_${name})
  endif()
endfunction()
