/** C kernels, reached through JNA. */
module dev.tilewright.cnative {
  requires dev.tilewright.runtime;
  requires com.sun.jna;
  requires static transitive org.jspecify;

  provides dev.tilewright.backend.Backend with
      dev.tilewright.cnative.NativeBackend;
}
