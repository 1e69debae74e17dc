/** Measures candidates on the device. */
module dev.tilewright.tuning {
  requires transitive dev.tilewright.runtime;
  requires static transitive org.jspecify;
  requires jdk.management;

  exports dev.tilewright.tuning;
}
