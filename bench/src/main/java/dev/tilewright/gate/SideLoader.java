package dev.tilewright.gate;

import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;

/**
 * The classes of one side, apart from those of the other: both loaders have only the JDK in common.
 * The gate's own subjects are defined in each from the same bytes, so they are linked with that
 * side's program, and a baseline need not know the gate.
 */
final class SideLoader extends URLClassLoader {
  private static final String GATE = SideLoader.class.getPackageName() + ".";

  SideLoader(List<Path> classPath) {
    super(urls(classPath), ClassLoader.getPlatformClassLoader());
  }

  private static URL[] urls(List<Path> classPath) {
    return classPath.stream()
        .map(entry -> {
          try {
            return entry.toUri().toURL();
          } catch (MalformedURLException e) {
            throw new IllegalArgumentException("not a class path entry: " + entry, e);
          }
        })
        .toArray(URL[]::new);
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    if (!name.startsWith(GATE)) {
      return super.findClass(name);
    }
    try (InputStream in =
        SideLoader.class.getResourceAsStream("/" + name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      byte[] code = in.readAllBytes();
      return defineClass(name, code, 0, code.length);
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }
}
