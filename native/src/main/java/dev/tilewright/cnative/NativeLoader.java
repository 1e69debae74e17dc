package dev.tilewright.cnative;

import static java.lang.System.Logger.Level.DEBUG;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import dev.tilewright.database.UserCache;
import dev.tilewright.kernel.Applicability;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Finds the C library, proves that it is the one this class knows and that its kernels compute what
 * they should here, and only then connects it. Every failure is a reason with its cure; nothing is
 * thrown.
 */
final class NativeLoader {
  /** System property: a library file to load instead of the one in the jar, or {@code none}. */
  static final String PATH_PROPERTY = "tilewright.native.path";

  /** The self-test takes 300 KB, nearly all of it for a small problem of the largest transform. */
  private static final long SELF_TEST_STACK = 1 << 20;

  private static final int NOT_TESTED = -1;

  private static final String RESOURCE = Platform.RESOURCE_PREFIX + "/libtilewright.so";

  /** Where JNA looks for its own library before it unpacks it from its jar. */
  private static final String JNA_FOLDER = "jna.boot.library.path";

  /** e_machine of the ELF header, by platform in JNA's words. */
  private static final Map<String, Integer> ELF_ARCHITECTURES =
      Map.of("linux-x86-64", 62, "linux-aarch64", 183);

  /** The library on the class path, or null; found once, when it is asked for. */
  private static final class Own {
    static final @Nullable JarLibrary LIBRARY = JarLibrary.find(RESOURCE, NativeLoader.class);
  }

  private NativeLoader() {}

  /**
   * Loads and connects the library.
   *
   * @param path value of {@link #PATH_PROPERTY}, or null
   * @param isa value of {@link Isa#VARIABLE}, or null
   */
  static Applicability load(@Nullable String path, @Nullable String isa) {
    if ("none".equals(path)) {
      return no("switched off by -D" + PATH_PROPERTY + "=none");
    }
    Optional<Isa> limit = Isa.limit(isa);
    if (limit.isEmpty()) {
      return no(Isa.advice(isa));
    }
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      return no("the C kernels need a little-endian CPU");
    }
    JarLibrary own = path == null ? Own.LIBRARY : null;
    if (path == null && own == null) {
      return no(
          "built without a C compiler for "
              + Platform.RESOURCE_PREFIX
              + "; install one and build again");
    }
    String nor = "";
    try {
      startJna();
      Path kept = own == null ? null : kept(own);
      if (kept != null) {
        try {
          return connect(kept.toFile(), limit.get());
        } catch (LinkageError e) {
          // A cache whose code may not be run: from a temporary folder, as JNA does it.
          nor = ", nor load " + kept + " (" + firstLine(e) + ")";
          System.getLogger(NativeLoader.class.getName())
              .log(DEBUG, "cannot load {0} ({1}); unpacking it elsewhere", kept, firstLine(e));
        }
      }
    } catch (LinkageError e) {
      return no(
          "JNA could not load its own library ("
              + firstLine(e)
              + "); point -Djna.tmpdir at a writable directory that is not mounted noexec");
    }
    File file;
    try {
      file = path == null ? fromJar() : new File(path);
    } catch (IOException e) {
      return no(
          "cannot unpack the C library ("
              + firstLine(e)
              + ")"
              + nor
              + "; make java.io.tmpdir writable");
    }
    try {
      return connect(file, limit.get());
    } catch (LinkageError e) {
      return no(
          "cannot load "
              + file
              + " ("
              + firstLine(e)
              + ")"
              + nor
              + "; rebuild it here, or point -Djna.tmpdir at a directory that is not noexec");
    }
  }

  /**
   * @throws LinkageError if the system's loader does not take the file
   */
  private static Applicability connect(File file, Isa limit) {
    try {
      String damage = damage(file);
      if (damage != null) {
        return no(file + " " + damage + "; rebuild, or set -D" + PATH_PROPERTY);
      }
      NativeLibrary library = NativeLibrary.getInstance(file.getAbsolutePath());
      String mismatch = mismatch(library, limit);
      if (mismatch != null) {
        return no(file + " " + mismatch + "; rebuild it with native/build.sh");
      }
      if (call(library, "tw_isa", limit.code) < Isa.GENERIC.code) {
        return no("this CPU has no SSE4.2, which all C kernels need; leave them out");
      }
      CLibrary.map(library);
      return Applicability.yes();
    } catch (IOException e) {
      return no("cannot read " + file + " (" + firstLine(e) + "); check -D" + PATH_PROPERTY);
    }
  }

  /** The copy in the user's cache, or null: then there can be none. */
  private static @Nullable Path kept(JarLibrary library) {
    try {
      return library.file(UserCache.folder(System.getenv()));
    } catch (IOException | RuntimeException e) {
      return null;
    }
  }

  /**
   * Has JNA load its own library, from the user's cache where nobody has told it otherwise.
   *
   * @throws LinkageError if it cannot
   */
  private static void startJna() {
    JarLibrary dispatch =
        System.getProperty(JNA_FOLDER) == null
            ? JarLibrary.find(
                "com/sun/jna/"
                    + Platform.RESOURCE_PREFIX
                    + "/"
                    + System.mapLibraryName("jnidispatch"),
                Platform.class)
            : null;
    Path file = dispatch == null ? null : kept(dispatch);
    if (file != null) {
      System.setProperty(JNA_FOLDER, file.resolveSibling("").toString());
    }
    try {
      Native.isProtected(); // whatever needs the library
    } finally {
      if (file != null) {
        System.clearProperty(JNA_FOLDER);
      }
    }
  }

  /**
   * Of the library that {@link #load} loads; the code of its kernels is the same if this is.
   *
   * @param path as for {@link #load}
   */
  static String checksum(@Nullable String path) {
    try {
      if (path == null) {
        return Own.LIBRARY == null ? "none" : Own.LIBRARY.checksum();
      }
      CRC32 crc = new CRC32();
      crc.update(Files.readAllBytes(Path.of(path)));
      return Long.toHexString(crc.getValue());
    } catch (IOException e) {
      return "unreadable"; // and so not loaded
    }
  }

  private static File fromJar() throws IOException {
    return Native.extractFromResourcePath("/" + RESOURCE, NativeLoader.class.getClassLoader());
  }

  /**
   * What is wrong with the file, or null. The system's loader maps a truncated library without
   * complaint and then dies of SIGBUS; the section table is the last thing in the file, so that its
   * end tells.
   */
  private static @Nullable String damage(File file) throws IOException {
    byte[] header = new byte[64];
    try (RandomAccessFile in = new RandomAccessFile(file, "r")) {
      if (in.length() < header.length) {
        return "is not a shared library";
      }
      in.readFully(header);
      ByteBuffer elf = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
      int architecture = Short.toUnsignedInt(elf.getShort(0x12));
      boolean magic = header[0] == 0x7f && header[1] == 'E' && header[2] == 'L' && header[3] == 'F';
      if (!magic || header[4] != 2) {
        return "is not a 64-bit ELF library";
      }
      if (architecture != ELF_ARCHITECTURES.getOrDefault(Platform.RESOURCE_PREFIX, architecture)) {
        return "is not for " + Platform.RESOURCE_PREFIX;
      }
      long sections = elf.getLong(0x28);
      int bytes = Short.toUnsignedInt(elf.getShort(0x3a));
      int count = Short.toUnsignedInt(elf.getShort(0x3c));
      boolean whole = sections > 0 && sections <= in.length() - (long) bytes * count;
      return whole ? null : "is truncated";
    }
  }

  /** Why the library must not be used, or null. */
  private static @Nullable String mismatch(NativeLibrary library, Isa limit) {
    int abi = call(library, "tw_abi_version");
    if (abi != CLibrary.ABI_VERSION) {
      return "has ABI " + abi + " where " + CLibrary.ABI_VERSION + " is needed";
    }
    if (call(library, "tw_struct_bytes") != NativeArguments.STRUCT_BYTES
        || call(library, "tw_op_struct_bytes") != OperatorArguments.BYTES) {
      return "lays its argument block out differently";
    }
    int wrong = selfTest(library.getFunction("tw_self_test"), limit);
    if (wrong == NOT_TESTED) {
      return "cannot run its self-test";
    }
    return wrong == 0 ? null : "fails its self-test in kernel " + (wrong - 1) + " on this CPU";
  }

  /** On a thread of its own: whoever comes here may have less stack, and then the process dies. */
  private static int selfTest(Function function, Isa limit) {
    int[] wrong = {NOT_TESTED};
    Runnable test = () -> wrong[0] = function.invokeInt(new Object[] {limit.code});
    Thread thread = new Thread(null, test, "tilewright-self-test", SELF_TEST_STACK);
    thread.start();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return wrong[0];
  }

  private static int call(NativeLibrary library, String name, Object... arguments) {
    Function function = library.getFunction(name);
    return function.invokeInt(arguments);
  }

  private static Applicability no(String reason) {
    return new Applicability.No(reason);
  }

  /** Loaders' messages run over lines; a reason is one line. */
  private static String firstLine(Throwable e) {
    String message = e.getMessage();
    return message == null
        ? e.getClass().getSimpleName()
        : message.strip().lines().findFirst().orElse("");
  }
}
