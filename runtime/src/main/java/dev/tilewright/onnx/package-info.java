/** Reads ONNX files within limits and turns them into graphs. */
@NullMarked
package dev.tilewright.onnx;

import org.jspecify.annotations.NullMarked;
