package org.starling.peer;

/** A picture that the model drew for a prompt, in PNG. */
record Drawing(String prompt, byte[] png) {}
