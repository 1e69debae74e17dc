package dev.tilewright.cli;

import dev.tilewright.plan.Plan;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A short name for all choices of a plan: equal digests run the same kernels. */
final class PlanDigest {
  private static final int BYTES = 8;

  private PlanDigest() {}

  static String of(Plan plan) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Plan.Step step : plan.steps()) {
        String line =
            step.key() + '\t' + step.choice().algorithm() + '\t' + step.choice().tile() + '\n';
        digest.update(line.getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(digest.digest(), 0, BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
