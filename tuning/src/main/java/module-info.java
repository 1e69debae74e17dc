/** Measures candidates on the device and remembers the best. */
module dev.tilewright.tuning {
  requires transitive dev.tilewright.runtime;
  requires static transitive org.jspecify;
  requires static info.picocli;
  requires static me.tongfei.progressbar;
  requires jdk.management;

  exports dev.tilewright.tuning;

  opens dev.tilewright.tuning to
      info.picocli;

  provides dev.tilewright.cli.Verb with
      dev.tilewright.tuning.TuneVerb;
}
