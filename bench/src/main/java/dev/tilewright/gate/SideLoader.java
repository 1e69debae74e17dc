package dev.tilewright.gate;

import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The classes of one side, apart from those of the other: both loaders have only the JDK in common.
 * The gate's own subjects are defined in each from the same bytes, so they are linked with that
 * side's program, and a baseline need not know the gate.
 */
final class SideLoader extends URLClassLoader {
  private static final String GATE = SideLoader.class.getPackageName() + ".";

  /** Whose classes call the C library. */
  private static final String LIBRARY = "dev.tilewright.cnative.";

  private final boolean counting;

  /**
   * @param counting whether calls into the C library are to be counted ({@link NativeCalls})
   */
  SideLoader(List<Path> classPath, boolean counting) {
    super(urls(classPath), ClassLoader.getPlatformClassLoader());
    this.counting = counting;
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
    String file = name.replace('.', '/') + ".class";
    if (name.startsWith(GATE)) {
      return defined(name, SideLoader.class.getResource("/" + file), false);
    }
    return counting && name.startsWith(LIBRARY)
        ? defined(name, findResource(file), true)
        : super.findClass(name);
  }

  private Class<?> defined(String name, @Nullable URL from, boolean counted)
      throws ClassNotFoundException {
    if (from == null) {
      throw new ClassNotFoundException(name);
    }
    try (InputStream in = from.openStream()) {
      byte[] code = in.readAllBytes();
      byte[] result = counted ? NativeCalls.counted(code) : code;
      return defineClass(name, result, 0, result.length);
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }
}
