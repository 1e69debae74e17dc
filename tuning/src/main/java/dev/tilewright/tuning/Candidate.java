package dev.tilewright.tuning;

import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.Tile;

/** One thing to time for a problem. */
public record Candidate(ConvAlgorithm algorithm, Tile tile) {}
