package dev.tilewright;

import java.util.List;

/**
 * A case and what became of it.
 *
 * @param group which set of cases it belongs to
 * @param subject the operator that it is about
 * @param operators all that its model uses
 */
record Outcome(
    String name, String group, String subject, List<String> operators, Verdict verdict) {}
