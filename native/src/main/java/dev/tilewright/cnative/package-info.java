/** C kernels reached through JNA. Named cnative because native is a Java keyword. */
@NullMarked
package dev.tilewright.cnative;

import org.jspecify.annotations.NullMarked;
