# libtacet for programs that have nothing to do with Tacet's server: the modules
# that MLS needs as one static and one shared library, their headers, a
# pkg-config file and a CMake package (docs/guide/mls.md).

set(TACET_LIBRARY_MODULES
  base codec crypto crypto_sodium crypto_openssl mlswire mls)
set(TACET_LIBRARY_HEADERS base.h codec.h codec crypto.h crypto mlswire.h mls.h)
set(TACET_LIBRARY_ABI 0) # raised when tools/check-abi finds what was taken away

foreach(module ${TACET_LIBRARY_MODULES})
  list(APPEND objects $<TARGET_OBJECTS:tacet_${module}>)
endforeach()

add_library(tacet_library_shared SHARED ${objects})
set_target_properties(tacet_library_shared PROPERTIES
  OUTPUT_NAME tacet VERSION ${PROJECT_VERSION} SOVERSION ${TACET_LIBRARY_ABI}
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib
  LINK_DEPENDS ${CMAKE_SOURCE_DIR}/src/libtacet.map)
target_link_libraries(tacet_library_shared PRIVATE
  tacet_dep_sodium PkgConfig::CRYPTO)
target_link_options(tacet_library_shared PRIVATE
  -Wl,--version-script=${CMAKE_SOURCE_DIR}/src/libtacet.map
  -Wl,-Bsymbolic-functions)
if(NOT TACET_SANITIZE)
  target_link_options(tacet_library_shared PRIVATE -Wl,-z,defs)
endif()

# The objects stay apart in the archive: who names one suite gets that one. A
# libsodium that only this build has goes in with them.
add_library(tacet_library_static STATIC ${objects})
set_target_properties(tacet_library_static PROPERTIES
  OUTPUT_NAME tacet ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
if(SODIUM_FOUND)
  set(TACET_PC_SODIUM ", libsodium >= 1.0.22")
  set(TACET_CMAKE_SODIUM "sodium")
else()
  file(WRITE ${CMAKE_BINARY_DIR}/libtacet.mri
    "create lib/whole.a\naddlib lib/libtacet.a\naddlib ${TACET_SODIUM_LIB}\nsave\nend\n")
  add_custom_command(TARGET tacet_library_static POST_BUILD
    COMMAND ${CMAKE_AR} -M < ${CMAKE_BINARY_DIR}/libtacet.mri
    COMMAND ${CMAKE_COMMAND} -E rename lib/whole.a lib/libtacet.a
    WORKING_DIRECTORY ${CMAKE_BINARY_DIR} VERBATIM)
endif()
set(TACET_SODIUM_LICENCE
  ${TACET_DEPS}/sodium/usr/share/doc/libsodium-dev/copyright)
if(NOT SODIUM_FOUND AND EXISTS ${TACET_SODIUM_LICENCE})
  install(FILES ${TACET_SODIUM_LICENCE} RENAME libsodium.copyright
    DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT libtacet)
endif()
add_custom_target(libtacet DEPENDS tacet_library_shared tacet_library_static)

# ---- make install ----

install(TARGETS tacet_library_shared LIBRARY
  DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libtacet)
install(FILES ${CMAKE_BINARY_DIR}/lib/libtacet.a
  DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libtacet)
foreach(header ${TACET_LIBRARY_HEADERS})
  if(header MATCHES "\\.h$")
    install(FILES include/tacet/${header}
      DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tacet COMPONENT libtacet)
  else()
    install(DIRECTORY include/tacet/${header}
      DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tacet COMPONENT libtacet)
  endif()
endforeach()
install(FILES docs/guide/mls.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT libtacet)
install(DIRECTORY examples
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT libtacet)

# The prefix is known when it is installed (--prefix), not before. Outside of
# the folders that the loader searches, the file names its own for the program.
configure_file(cmake/tacet.pc.in ${CMAKE_BINARY_DIR}/tacet.pc.in @ONLY)
install(CODE "
  set(rpath \" -Wl,-rpath,\\\${libdir}\")
  if(CMAKE_INSTALL_PREFIX MATCHES \"^/usr(/local)?$\")
    set(rpath \"\")
  endif()
  file(READ ${CMAKE_BINARY_DIR}/tacet.pc.in text)
  string(REPLACE INSTALL_PREFIX \"\${CMAKE_INSTALL_PREFIX}\" text \"\${text}\")
  string(REPLACE INSTALL_RPATH \"\${rpath}\" text \"\${text}\")
  file(WRITE ${CMAKE_BINARY_DIR}/tacet.pc \"\${text}\")
  file(INSTALL DESTINATION
    \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig\"
    TYPE FILE FILES ${CMAKE_BINARY_DIR}/tacet.pc)"
  COMPONENT libtacet)

include(CMakePackageConfigHelpers)
configure_package_config_file(cmake/tacet-config.cmake.in
  ${CMAKE_BINARY_DIR}/tacet-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tacet
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/tacet-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/tacet-config.cmake
  ${CMAKE_BINARY_DIR}/tacet-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tacet COMPONENT libtacet)
