package dev.tilewright.cnative;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Platform;
import dev.tilewright.ChildJvm;
import dev.tilewright.kernel.Applicability;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A library that is missing, broken or foreign is a reason, never a crash. */
class NativeLoaderTest {
  /** What a library says first, and says right. */
  private static final String CONTRACT =
      "int tw_abi_version(void) { return "
          + CLibrary.ABI_VERSION
          + "; } int tw_struct_bytes(void) { return "
          + NativeArguments.STRUCT_BYTES
          + "; } int tw_op_struct_bytes(void) { return "
          + OperatorArguments.BYTES
          + "; } ";

  @TempDir Path folder;

  /** Prints what the backend says: run in a JVM of its own, where nothing has been loaded. */
  static final class Child {
    public static void main(String[] args) {
      System.out.println(new NativeBackend().available());
    }
  }

  @Test
  void canBeSwitchedOff() {
    assertThat(reason("none", null)).contains("switched off");
  }

  @Test
  void namesTheInstructionSetsItKnows() {
    assertThat(reason(null, "sse9")).contains("sse9").contains(Platform.RESOURCE_PREFIX);
    assertThat(reason(null, "NEON")).contains("generic, ");
    assertThat(Isa.of("linux-x86-64")).containsExactly(Isa.GENERIC, Isa.AVX2, Isa.AVX512, Isa.AMX);
    assertThat(Isa.of("linux-aarch64")).containsExactly(Isa.GENERIC, Isa.NEON);
    assertThat(Isa.of("win32-x86-64")).containsExactly(Isa.GENERIC);
  }

  @Test
  void refusesAMissingFile() {
    assertThat(reason(folder.resolve("absent.so").toString(), null)).contains("cannot read");
  }

  @Test
  void refusesGarbageAndEmptyFiles() throws IOException {
    Path garbage = folder.resolve("garbage.so");
    byte[] bytes = new byte[5000];
    Arrays.fill(bytes, (byte) 'x');
    Files.write(garbage, bytes);
    assertThat(reason(garbage.toString(), null)).contains("not a 64-bit ELF library");
    Files.write(garbage, new byte[0]);
    assertThat(reason(garbage.toString(), null)).contains("not a shared library");
  }

  @Test
  void refusesATruncatedLibraryWhereverItWasCut() throws IOException {
    byte[] whole = library();
    Path cut = folder.resolve("cut.so");
    for (int length : new int[] {64, 1000, whole.length / 2, whole.length - 1}) {
      Files.write(cut, Arrays.copyOf(whole, length));
      assertThat(reason(cut.toString(), null)).as("%d bytes", length).contains("truncated");
    }
  }

  @Test
  void refusesALibraryOfAnotherArchitecture() throws IOException {
    byte[] bytes = library();
    int machine = 0x12; // e_machine of the ELF header
    bytes[machine] = (byte) (bytes[machine] == 62 ? 183 : 62);
    Path foreign = folder.resolve("foreign.so");
    Files.write(foreign, bytes);
    assertThat(reason(foreign.toString(), null)).contains("is not for " + Platform.RESOURCE_PREFIX);
  }

  @Test
  void refusesACpuBelowTheOldest() throws Exception {
    Path other =
        compile(
            CONTRACT + "int tw_self_test(int isa) { return 0; } int tw_isa(int l) { return -1; }");
    assertThat(reason(other.toString(), null)).contains("no SSE4.2");
  }

  @Test
  void refusesAnotherAbi() throws Exception {
    Path other = compile("int tw_abi_version(void) { return 99; }");
    assertThat(reason(other.toString(), null)).contains("ABI 99");
  }

  @Test
  void refusesALibraryWhoseSelfTestFails() throws Exception {
    Path other = compile(CONTRACT + "int tw_self_test(int isa) { return 3; }");
    assertThat(reason(other.toString(), null)).contains("self-test in kernel 2");
  }

  @Test
  void refusesALibraryOfSomethingElse() throws Exception {
    Path other = compile("int something(void) { return 0; }");
    assertThat(reason(other.toString(), null)).contains("tw_abi_version");
  }

  @Test
  void loadsAWholeLibraryFromAFile() throws IOException {
    Path copy = folder.resolve("copy.so");
    Files.write(copy, library());
    assertThat(NativeLoader.load(copy.toString(), null)).isEqualTo(Applicability.yes());
  }

  @Test
  void saysSoInOneLineInAFreshJvm() throws Exception {
    Path garbage = folder.resolve("garbage.so");
    Files.writeString(garbage, "not a library");
    assertThat(child(Map.of(), "-D" + NativeLoader.PATH_PROPERTY + "=" + garbage))
        .singleElement()
        .asString()
        .contains("not a shared library");
  }

  @Test
  void saysSoInOneLineWhereJnaCannotUnpackItself() throws Exception {
    library();
    Path file = Files.createFile(folder.resolve("file"));
    // JNA logs a warning and its trace before it throws; what is ours is the last line.
    Map<String, String> noCache = Map.of("XDG_CACHE_HOME", file.toString());
    assertThat(child(noCache, "-Djna.tmpdir=" + file.resolve("below"), "-Djna.nosys=true"))
        .filteredOn(line -> line.contains("-Djna.tmpdir"))
        .singleElement()
        .asString()
        .contains("JNA could not load its own library");
  }

  /** As root in a mount namespace of its own, where one can be had. */
  @Test
  void saysSoInOneLineWhereNoCodeMayBeUnpacked() throws Exception {
    library();
    Path mount = Files.createDirectory(folder.resolve("noexec"));
    String nowhere = underNoexec(mount, "-Djna.tmpdir=" + mount, "-Djna.nosys=true");
    assertThat(nowhere).contains("noexec").contains("-Djna.tmpdir");
    assertThat(underNoexec(mount, "-Djna.tmpdir=" + folder))
        .as("a temporary folder serves")
        .startsWith("Yes");
  }

  /** What {@link Child} says last whose cache is on a mount without code. */
  private static String underNoexec(Path mount, String... options) throws Exception {
    String script = "mount -t tmpfs -o noexec none \"$0\" && exec \"$@\"";
    List<String> prefix = List.of("unshare", "-m", "sh", "-c", script, mount.toString());
    if (!runs(prefix, "true")) {
      System.out.println("tilewright: NOT TESTED: a noexec /tmp, which needs root to mount it");
      assumeTrue(false, "no mount namespace");
    }
    ChildJvm.Result result =
        ChildJvm.run(
            prefix,
            Map.of("XDG_CACHE_HOME", mount.toString()),
            List.of(options),
            Child.class,
            List.of());
    assertThat(result.code()).as(result.output()).isZero();
    return result.lastLine();
  }

  private static boolean runs(List<String> prefix, String command) throws Exception {
    List<String> all = new ArrayList<>(prefix);
    all.add(command);
    try {
      return new ProcessBuilder(all).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static String reason(@Nullable String path, @Nullable String isa) {
    Applicability result = NativeLoader.load(path, isa);
    assertThat(result).isInstanceOf(Applicability.No.class);
    String reason = ((Applicability.No) result).reason();
    assertThat(reason).isNotBlank().doesNotContain("\n");
    return reason;
  }

  /** The library of this build. */
  private static byte[] library() throws IOException {
    String name = "/" + Platform.RESOURCE_PREFIX + "/libtilewright.so";
    try (InputStream in = NativeLoader.class.getResourceAsStream(name)) {
      assumeTrue(in != null || System.getenv("CI") != null, "built without a C compiler");
      assertThat(in).as("the library of this build").isNotNull();
      return in.readAllBytes();
    }
  }

  private Path compile(String source) throws Exception {
    library(); // a build with a library had a compiler
    Path file = folder.resolve("other.c");
    Path library = folder.resolve("other.so");
    Files.writeString(file, source);
    Process process =
        new ProcessBuilder("cc", "-shared", "-fPIC", "-o", library.toString(), file.toString())
            .inheritIO()
            .start();
    assertThat(process.waitFor()).isZero();
    return library;
  }

  /** What {@link Child} prints, standard error included. */
  private static List<String> child(Map<String, String> environment, String... options)
      throws Exception {
    ChildJvm.Result result = ChildJvm.run(environment, List.of(options), Child.class, List.of());
    assertThat(result.code()).as(result.output()).isZero();
    return result.output().lines().toList();
  }
}
