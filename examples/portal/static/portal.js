// "Đổi mã" without a reload. Whatever fails here, the button still works: it sends the form, and the page comes back with
// a new image and everything the reader wrote.
const button = document.getElementById("doi-ma");
const image = document.getElementById("anh-ma");
const status = document.getElementById("doi-ma-bao");

button?.addEventListener("click", async (event) => {
  event.preventDefault();
  button.disabled = true;
  try {
    const answer = await fetch("/ma-kiem-tra", { cache: "no-store" });
    const fresh = await answer.json();
    if (!answer.ok) {
      status.textContent = fresh.message;
      return;
    }
    const form = button.form.elements;
    for (const name of ["challenge_token", "image", "request_id"]) form[name].value = fresh[name];
    image.src = `data:image/png;base64,${fresh.image}`;
    image.alt = fresh.image_alt;
    image.hidden = false;
    status.textContent = "Đã đổi sang mã mới.";
    form.challenge_answer.value = "";
    form.challenge_answer.focus();
  } catch {
    button.disabled = false;
    button.form.requestSubmit(button);
  } finally {
    button.disabled = false;
  }
});
