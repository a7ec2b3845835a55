// Says in words when the browser could not use a passkey: cancelled, none for this service, or not supported.
document.addEventListener("allauth.error", (event) => {
  const place = document.getElementById("passkey_problem");
  if (!place) return;
  event.preventDefault();
  place.textContent = "";
  const words = document.createElement("span");
  words.className = "govuk-error-message";
  words.textContent =
    "The passkey was not used: it was cancelled, this device has none for this service, or the browser cannot use one. Try again, or use another way.";
  place.append(words);
});
